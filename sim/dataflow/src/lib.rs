//! The IdentitySync engine: document, graph, components, schedules.
