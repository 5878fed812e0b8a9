//! Names that the platform knows, so that a name which this fake does not answer is told from one that does
//! not exist.

/// Whether the platform has a method of this name, in any case.
pub(crate) fn is_known(name: &str) -> bool {
    let Some((namespace, method)) = name.split_once('.') else { return false };
    let listed = |(space, names): &(&str, &[&str])| {
        space.eq_ignore_ascii_case(namespace) && names.iter().any(|entry| fits(entry, method))
    };
    METHODS.iter().any(listed)
}

/// An entry that ends in `*` stands for all that begin so.
fn fits(entry: &str, method: &str) -> bool {
    match entry.strip_suffix('*') {
        None => entry.eq_ignore_ascii_case(method),
        Some(start) => {
            method.len() > start.len()
                && method.get(..start.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(start))
        }
    }
}

/// Methods by namespace, in the order of the vendor's list.
pub(crate) const METHODS: &[(&str, &[&str])] = &[
    (
        "accounts",
        &[
            "addEmails",
            "deleteAccount",
            "deleteLiteAccount",
            "deleteSchemaFields",
            "deleteScreenSet",
            "exchangeUIDSignature",
            "finalizeRegistration",
            "getAccountInfo",
            "getConflictingAccount",
            "getConsentStatements",
            "setConsentStatements",
            "deleteConsentStatement",
            "getLegalStatements",
            "setLegalStatements",
            "deleteLegalStatements",
            "duplicateLegalStatement",
            "getJWT",
            "getJWTPublicKey",
            "getLiteToken",
            "getPolicies",
            "setPolicies",
            "getSchema",
            "setSchema",
            "getScreenSets",
            "setScreenSet",
            "getScreenSetVersions",
            "getSiteConsentDetails",
            "importFullAccount",
            "importLiteAccount",
            "importAccount",
            "importProfilePhoto",
            "initRegistration",
            "isAvailableLoginID",
            "linkAccounts",
            "login",
            "logout",
            "notifyLogin",
            "notifySocialLogin",
            "publishProfilePhoto",
            "register",
            "removeEmails",
            "resendDOIConfirmationEmail",
            "resendVerificationCode",
            "resetPassword",
            "resetSitePreferences",
            "search",
            "sendLiteInvite",
            "session.verify",
            "setAccountInfo",
            "setProfilePhoto",
            "socialLogin",
            "unsubscribe",
            "verifyEmail",
            "verifyLogin",
            "webSdkBootstrap",
            "auth.getMethods",
            "auth.magiclink.*",
            "auth.otp.*",
            "auth.push.*",
            "communication.*",
            "communications.*",
            "devices.register",
            "devices.update",
            "devices.unregister",
            "emailAccount.changeEmail",
            "emailAccount.syncUid",
            "emailAccount.syncMultipleAccounts",
            "extensions.create",
            "extensions.delete",
            "extensions.get",
            "extensions.list",
            "extensions.modify",
            "global.changeAccountResidency",
            "groups.*",
            "B2B.*",
            "identifiers.find",
            "identifiers.createToken",
            "otp.sendCode",
            "otp.login",
            "otp.update",
            "otp.delete",
            "policies.emailTemplates.getConfig",
            "policies.emailTemplates.setConfig",
            "progression.getPolicy",
            "progression.setPolicy",
            "rba.lock",
            "rba.unlock",
            "rba.getPolicy",
            "rba.setPolicy",
            "sms.config.get",
            "sms.config.set",
            "sms.templates.get",
            "sms.templates.set",
            "store.uploadConsentDocument",
            "store.downloadConsentDocument",
            "stream.create",
            "stream.read",
            "sso.continue",
            "sso.getContext",
            "sso.login",
            "tfa.getProviders",
            "tfa.initTFA",
            "tfa.finalizeTFA",
            "tfa.getCertificate",
            "tfa.importTFA",
            "tfa.resetTFA",
            "tfa.deactivateProvider",
            "tfa.unregisterDevice",
            "tfa.backupCodes.*",
            "tfa.email.*",
            "tfa.phone.*",
            "tfa.push.*",
            "tfa.totp.*",
            "webhooks.set",
            "webhooks.getAll",
            "webhooks.getStatus",
            "webhooks.delete",
        ],
    ),
    ("ds", &["store", "get", "search", "delete", "getSchema", "setSchema", "deleteSchemaFields", "getTypes"]),
    ("audit", &["search"]),
    (
        "idx",
        &[
            "createDataflow",
            "createDataflowDraft",
            "setDataflow",
            "setDataflowDraft",
            "getDataflow",
            "deleteDataflow",
            "createScheduling",
            "setScheduling",
            "getScheduling",
            "deleteScheduling",
            "search",
        ],
    ),
    (
        "admin",
        &[
            "getSiteConfig",
            "setSiteConfig",
            "createSite",
            "deleteSite",
            "getPartner",
            "updatePartner",
            "getUserSites",
            "getEffectiveACL",
            "getACL",
            "setACL",
            "getGroups",
            "createGroup",
            "updateGroup",
        ],
    ),
    ("sdk", &["config.get"]),
    (
        "socialize",
        &[
            "getToken",
            "getUserInfo",
            "notifyLogin",
            "exchangeUIDSignature",
            "logout",
            "deleteAccount",
            "setUID",
            "exportUsers",
            "getIDs",
            "getGmidTicket",
            "getSavedResponse",
        ],
    ),
    ("ids", &["deleteAccount", "getAccountInfo", "getSchema", "search", "setAccountInfo", "setSchema"]),
    ("fidm", &["*"]),
    ("reports", &["*"]),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_inside_and_outside() {
        for (name, expected) in [
            ("accounts.tfa.initTFA", true),
            ("ACCOUNTS.TFA.INITTFA", true),
            ("accounts.tfa.totp.verify", true),
            ("accounts.tfa.totp.", false),
            ("accounts.tfa.totp", false),
            ("accounts.auth.otp.email.sendCode", true),
            ("fidm.saml.idp.getConfig", true),
            ("accounts.getAccount", false),
            ("accounts.", false),
            ("accounts", false),
            ("accounts.é", false),
            ("ds.login", false),
            ("", false),
        ] {
            assert_eq!(is_known(name), expected, "{name}");
        }
    }

    #[test]
    fn every_endpoint_is_known() {
        // Where the link in a mail leads is no method of the vendor's list.
        let own = crate::accounts::subscriptions::CONFIRM.name;
        let names = crate::ENDPOINTS.iter().map(|it| it.name);
        let stray: Vec<_> = names.filter(|name| !is_known(name) && *name != own).collect();
        assert!(stray.is_empty(), "not in the inventory: {stray:?}");
    }
}
