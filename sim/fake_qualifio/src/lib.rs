//! The fake Qualifio: campaigns, the player, statistics, the Gigya SSO integration.
