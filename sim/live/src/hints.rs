//! What to do about a failure.

/// Words of failures, and the remedy that most likely helps.
const HINTS: &[(&str, &str)] = &[
    (
        "is not in the file of known hosts",
        "if that is the server's key, add it to the file, or give --host-key",
    ),
    (
        "another host key than",
        "somebody may stand in between: ask the server's owner for its fingerprint, then give --host-key",
    ),
    ("login of `", "is it the right user? give the password as SFTP_PASSWORD, or a key with --sftp-key"),
    (
        "neither parameter `password` nor `privateKey`",
        "give the password as SFTP_PASSWORD, or a key with --sftp-key",
    ),
    (
        "the private key cannot be read",
        "is it a private key in OpenSSH or PEM form? a passphrase goes into SFTP_PASSPHRASE",
    ),
    (
        "cannot reach file server",
        "is the server up and its port open from here? --sftp HOST:PORT gives another address",
    ),
    ("does not resolve", "is the name spelt right, and does this machine know it?"),
    ("no such file or folder", "the folder of `remotePath` has to exist before the job runs"),
    ("permission denied", "the login may not do this there: ask the server's owner for the right"),
    ("301001", "the site lives in another data centre: give it with --data-center"),
    ("400093", "no site has this API key: see --api-key"),
    ("403005 Unauthorized user", "is the user key right, and its secret the one of that key?"),
    ("403003", "is GIGYA_SECRET the secret of that user key?"),
    ("403010", "is GIGYA_SECRET the secret of that user key?"),
    ("403007", "the key's permission group does not allow this call"),
    ("403048", "the site's limit of calls is reached: wait, or make `maxConnections` smaller"),
    ("needs a scheduling with fullExtract", "run it with --full"),
    ("known by name and parameters only", "`standin dataflow check` shows which steps are run"),
    ("cannot reach", "is this machine online, and the address right?"),
    ("broke", "run it again: what was read before is read once more, and nothing half stands under its name"),
    ("in time", "run it again; the server may be busy"),
];

/// The remedy for a failure, if there is an obvious one.
pub fn hint(failure: &str) -> Option<&'static str> {
    HINTS.iter().find(|(words, _)| failure.contains(words)).map(|(_, hint)| *hint)
}
