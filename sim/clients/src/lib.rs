//! How our side speaks to Gigya and to Eloqua, over the ports.
