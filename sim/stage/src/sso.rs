//! Where the real sync logic is plugged into Qualifio: its questions to Gigya, and the push.

use crate::parts::Parts;
use standin_clients::gigya::{GigyaAccess, GigyaError, Proof};
use standin_fake_qualifio::{
    Answer, Ask, AskFailed, GigyaConfig, Identity, IdentityRefused, PushOrder, SiteAnswer,
};
use standin_ports::Clock;
use standin_push::sso::{IdentifyError, identify, site_config};
use standin_push::{Participation, PhonePolicy, PushBack, SendMode};

/// Answers what Qualifio has to ask Gigya, over the same transport as everybody else.
pub(crate) async fn answer(parts: &Parts, ask: Ask) -> Answer {
    let now = parts.clock.now();
    match ask {
        Ask::SiteConfig(config) => Answer::SiteConfig(
            site_config(parts.http(), &access(&config), now)
                .await
                .map(|site| SiteAnswer {
                    custom_api_domain_prefix: site.custom_api_domain_prefix,
                    trusted_site_urls: site.trusted_site_urls,
                })
                .map_err(|error| match error.source {
                    GigyaError::Api { .. } => AskFailed::CredentialsRejected,
                    _ => AskFailed::GigyaUnreachable,
                }),
        ),
        Ask::Identify { config, uid, uid_signature, signature_timestamp, variables } => Answer::Identity(
            identify(
                parts.http(),
                &access(&config),
                now,
                &uid,
                &uid_signature,
                &signature_timestamp,
                &variables,
            )
            .await
            .map(|person| Identity {
                uid: person.uid,
                email: person.email,
                registered: person.registered,
                active: true,
                profile: person.profile,
                prefill: person.prefill,
                warnings: person.warnings,
            })
            .map_err(|error| refused(&error)),
        ),
    }
}

fn refused(error: &IdentifyError) -> IdentityRefused {
    match error {
        IdentifyError::GigyaUnreachable { .. } => IdentityRefused::GigyaUnreachable,
        IdentifyError::CredentialsRejected { .. } => IdentityRefused::CredentialsRejected,
        IdentifyError::InvalidSignature => IdentityRefused::InvalidSignature,
        IdentifyError::StaleTimestamp => IdentityRefused::StaleTimestamp,
        IdentifyError::AccountDisabled => IdentityRefused::AccountDisabled,
        IdentifyError::UnknownUser => IdentityRefused::UnknownUser,
    }
}

/// Credentials in the clients' own words.
pub(crate) fn access(config: &GigyaConfig) -> GigyaAccess {
    GigyaAccess {
        api_key: config.api_key.clone(),
        data_center: config.data_center.clone(),
        proof: Proof::Secret { user_key: config.user_key.reveal().to_owned(), secret: config.secret.clone() },
    }
}

/// An accepted form in the push's own words.
pub(crate) fn participation(order: PushOrder) -> Participation {
    Participation {
        access: access(&order.config),
        id: order.id,
        campaign_id: order.campaign_id,
        site_id: order.site_id,
        site_country: order.site_country,
        uid: order.uid,
        email_at_identification: order.email_at_identification,
        language: order.language,
        submitted: order.submitted,
        profile_at_identification: order.profile_at_identification,
        phone_policy: match order.phone_policy {
            standin_fake_qualifio::PhonePolicy::Overwrite => PhonePolicy::Overwrite,
            standin_fake_qualifio::PhonePolicy::Append => PhonePolicy::Append,
        },
        send_mode: match order.send_mode {
            standin_fake_qualifio::SendMode::AllSubmitted => SendMode::AllSubmitted,
            standin_fake_qualifio::SendMode::ChangedOnly => SendMode::ChangedOnly,
        },
        clear_on_empty: order.clear_on_empty,
        push_back: match order.push_back {
            standin_fake_qualifio::PushBack::On => PushBack::On,
            standin_fake_qualifio::PushBack::Off => PushBack::Off,
        },
        preview: order.preview,
    }
}
