//! The live adapters of the ports: HTTP over reqwest, files over SSH.
