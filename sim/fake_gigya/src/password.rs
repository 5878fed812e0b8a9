//! Passwords as they are kept.

use crate::crypt::{drupal, md5_crypt};
use crate::envelope::Object;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sha2::Digest as _;
use standin_model::Instant;
use standin_ports::Secret;

/// A password: one that a person chose here, or a hash that another system made.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Password {
    kept: Kept,
    pub(crate) created: Instant,
}

#[derive(Clone, Debug, PartialEq)]
enum Kept {
    /// The platform hashes three thousand rounds. That would be the slowest part of every login here, so the
    /// hash is made when somebody asks to see it.
    Plain {
        plain: Secret,
        salt: String,
    },
    Hashed(Box<Hashed>),
}

/// A hash, and how it is made.
#[derive(Clone, Debug, PartialEq)]
struct Hashed {
    algorithm: Algorithm,
    format: String,
    salt: String,
    rounds: u32,
    hash: Secret,
}

/// How the platform hashes.
const OWN: (Algorithm, u32, &str) = (Algorithm::Pbkdf2, 3000, "$salt$password");
/// How many rounds an imported hash may have, so that a login ends.
const MOST_ROUNDS: u64 = 1_000_000;
/// How costly an imported bcrypt hash may be, for the same reason.
const MOST_BCRYPT_COST: u32 = 15;

/// The algorithms that are modelled.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Algorithm {
    Md5,
    Sha1,
    /// Over the two-byte characters that SQL Server's HASHBYTES sees.
    Sha1HashBytes,
    Sha256,
    Sha512,
    /// The digest as lower-case hexadecimal text.
    Sha512Hexa,
    /// `$1$salt$hash` of Unix.
    Md5Crypt,
    Bcrypt,
    /// `$S$` with cost, salt and hash, of Drupal 7.
    Drupal,
    /// Of Symfony 2: every round digests the one before and `password{salt}`.
    Symphony2,
    Pbkdf2,
    Pbkdf2Sha256,
    Pbkdf2Sha512,
}

const ALGORITHMS: &[(&str, Algorithm)] = &[
    ("md5", Algorithm::Md5),
    ("sha1", Algorithm::Sha1),
    ("sha1_hashbytes", Algorithm::Sha1HashBytes),
    ("sha256", Algorithm::Sha256),
    ("sha512", Algorithm::Sha512),
    ("sha512Hexa", Algorithm::Sha512Hexa),
    ("md5_crypt", Algorithm::Md5Crypt),
    ("bcrypt", Algorithm::Bcrypt),
    ("drupal", Algorithm::Drupal),
    ("symphony2", Algorithm::Symphony2),
    ("pbkdf2", Algorithm::Pbkdf2),
    ("pbkdf2_sha256", Algorithm::Pbkdf2Sha256),
    ("pbkdf2_sha512", Algorithm::Pbkdf2Sha512),
];

impl Algorithm {
    /// Whether the hash is one text that has salt and cost in it.
    fn is_whole(self) -> bool {
        matches!(self, Self::Md5Crypt | Self::Bcrypt | Self::Drupal)
    }

    fn word(self) -> &'static str {
        ALGORITHMS.iter().find(|(_, it)| *it == self).map_or("", |(word, _)| word)
    }
}

impl Password {
    /// A password that a person chose.
    pub(crate) fn new(plain: &str, salt: String, now: Instant) -> Self {
        Self { kept: Kept::Plain { plain: Secret::new(plain), salt }, created: now }
    }

    /// A hash that another system made. An algorithm that is not modelled is refused: nobody could log in.
    pub(crate) fn imported(given: &Object, now: Instant) -> Result<Self, String> {
        let member = |object: &Object, name: &str| {
            object.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.clone())
        };
        let settings =
            member(given, "hashSettings").and_then(|it| it.as_object().cloned()).unwrap_or_default();
        let text = |object: &Object, name: &str| {
            member(object, name).and_then(|it| it.as_str().map(str::to_owned)).unwrap_or_default()
        };
        let named = text(&settings, "algorithm");
        let known = ALGORITHMS.iter().find(|(word, _)| word.eq_ignore_ascii_case(&named));
        let algorithm = known.map(|(_, it)| *it).ok_or_else(|| {
            let words: Vec<&str> = ALGORITHMS.iter().map(|(word, _)| *word).collect();
            format!("only the algorithms {} are modelled", words.join(", "))
        })?;
        let rounds = member(&settings, "rounds").map_or(Some(1), |it| {
            it.as_u64().or_else(|| it.as_str()?.parse().ok()).filter(|it| (1..=MOST_ROUNDS).contains(it))
        });
        let rounds = rounds.ok_or_else(|| format!("rounds must be 1 to {MOST_ROUNDS}"))?;
        let mut made = Hashed {
            algorithm,
            format: Some(text(&settings, "format")).filter(|it| !it.is_empty()).unwrap_or(OWN.2.to_owned()),
            salt: text(&settings, "salt"),
            rounds: u32::try_from(rounds).unwrap_or(1),
            hash: Secret::new(text(given, "hashedPassword")),
        };
        let compound = text(given, "compoundHashedPassword");
        if !compound.is_empty() {
            made.read_compound(&compound)?;
        }
        made.check()?;
        Ok(Self { kept: Kept::Hashed(Box::new(made)), created: now })
    }

    /// Whether `plain` is it.
    pub(crate) fn is(&self, plain: &str) -> bool {
        match &self.kept {
            Kept::Plain { plain: kept, .. } => kept.reveal() == plain,
            Kept::Hashed(hashed) => hashed.is(plain),
        }
    }

    /// As `include=password` tells it.
    pub(crate) fn show(&self) -> Value {
        let hashed = match &self.kept {
            Kept::Hashed(hashed) => hashed.as_ref().clone(),
            Kept::Plain { plain, salt } => {
                let (algorithm, rounds, format) = OWN;
                let salt = STANDARD.encode(salt);
                let hash =
                    derive(algorithm, plain.reveal().as_bytes(), salt_bytes(&salt).as_slice(), rounds, 32);
                let hash = Secret::new(STANDARD.encode(hash));
                Hashed { algorithm, format: format.to_owned(), salt, rounds, hash }
            }
        };
        json!({
            "hash": hashed.hash.reveal(),
            "hashSettings": {
                "algorithm": hashed.algorithm.word(),
                "rounds": hashed.rounds,
                "salt": hashed.salt,
                "format": hashed.format,
            },
            "created": self.created.to_string(),
        })
    }
}

fn salt_bytes(salt: &str) -> Vec<u8> {
    STANDARD.decode(salt).unwrap_or_else(|_| salt.as_bytes().to_vec())
}

/// A hash of one of the key derivation functions.
fn derive(algorithm: Algorithm, plain: &[u8], salt: &[u8], rounds: u32, length: usize) -> Vec<u8> {
    let mut out = vec![0; length];
    match algorithm {
        Algorithm::Pbkdf2Sha256 => pbkdf2::pbkdf2_hmac::<sha2::Sha256>(plain, salt, rounds, &mut out),
        Algorithm::Pbkdf2Sha512 => pbkdf2::pbkdf2_hmac::<sha2::Sha512>(plain, salt, rounds, &mut out),
        _ => pbkdf2::pbkdf2_hmac::<sha1::Sha1>(plain, salt, rounds, &mut out),
    }
    out
}

/// The longest password that is compared with a hash, in bytes.
const LONGEST: usize = 512;

impl Hashed {
    /// `$2b$10$…` and its like, or Django's `algorithm$rounds$salt$hash`.
    fn read_compound(&mut self, text: &str) -> Result<(), String> {
        if self.algorithm.is_whole() {
            self.hash = Secret::new(text);
            return Ok(());
        }
        let parts: Vec<&str> = text.split('$').collect();
        let [_, rounds, salt, hash] = parts[..] else {
            return Err("compoundHashedPassword must be algorithm$rounds$salt$hash".into());
        };
        let rounds = rounds.parse::<u32>().ok().filter(|it| (1..=MOST_ROUNDS).contains(&u64::from(*it)));
        self.rounds = rounds.ok_or_else(|| format!("rounds must be 1 to {MOST_ROUNDS}"))?;
        self.salt = STANDARD.encode(salt);
        self.hash = Secret::new(hash);
        Ok(())
    }

    /// Whether a login could ever fit.
    fn check(&self) -> Result<(), String> {
        if self.algorithm == Algorithm::Bcrypt {
            let cost = self.hash.reveal().split('$').nth(2).and_then(|cost| cost.parse::<u32>().ok());
            let parsed = self.hash.reveal().parse::<bcrypt::HashParts>().is_ok();
            return match (parsed, cost) {
                (true, Some(cost)) if cost <= MOST_BCRYPT_COST => Ok(()),
                (true, _) => Err(format!("a bcrypt cost above {MOST_BCRYPT_COST} is not modelled")),
                _ => Err("hashedPassword is not a bcrypt hash".into()),
            };
        }
        let hash = self.hash.reveal();
        let again = match self.algorithm {
            Algorithm::Md5Crypt => Some(md5_crypt("", hash)),
            Algorithm::Drupal => Some(drupal("", hash)),
            _ => None,
        };
        if let Some(again) = again {
            let word = self.algorithm.word();
            return again
                .map(drop)
                .ok_or_else(|| format!("hashedPassword is not a {word} hash that is modelled"));
        }
        let hexa = self.algorithm == Algorithm::Sha512Hexa && hash.len() == 128;
        let decoded = STANDARD.decode(hash).is_ok_and(|bytes| (1..=128).contains(&bytes.len()));
        match hexa || decoded {
            true => Ok(()),
            false => Err("hashedPassword must be Base64 of at most 512 bits".into()),
        }
    }

    /// Long guesses are wrong unseen: some formats read the whole of it in every round.
    fn is(&self, plain: &str) -> bool {
        if plain.len() > LONGEST {
            return false;
        }
        let hash = self.hash.reveal();
        match self.algorithm {
            Algorithm::Bcrypt => bcrypt::verify(plain, hash).unwrap_or(false),
            Algorithm::Md5Crypt => md5_crypt(plain, hash).is_some_and(|it| it == hash),
            Algorithm::Drupal => drupal(plain, hash).is_some_and(|it| it == hash),
            Algorithm::Pbkdf2 | Algorithm::Pbkdf2Sha256 | Algorithm::Pbkdf2Sha512 => {
                let Ok(wanted) = STANDARD.decode(hash) else { return false };
                let salt = salt_bytes(&self.salt);
                derive(self.algorithm, plain.as_bytes(), &salt, self.rounds, wanted.len()) == wanted
            }
            Algorithm::Sha512Hexa => {
                let text = self.digest(plain).iter().map(|byte| format!("{byte:02x}")).collect::<String>();
                text.eq_ignore_ascii_case(hash) || STANDARD.encode(&text) == hash
            }
            _ => STANDARD.encode(self.digest(plain)) == hash,
        }
    }

    /// The digest of what the format says; further rounds digest the digest.
    fn digest(&self, plain: &str) -> Vec<u8> {
        if self.algorithm == Algorithm::Symphony2 {
            return self.symphony2(plain);
        }
        let mut bytes = self.formatted(plain);
        for _ in 0..self.rounds {
            bytes = match self.algorithm {
                Algorithm::Md5 => md5::Md5::digest(&bytes).to_vec(),
                Algorithm::Sha1 | Algorithm::Sha1HashBytes => sha1::Sha1::digest(&bytes).to_vec(),
                Algorithm::Sha256 => sha2::Sha256::digest(&bytes).to_vec(),
                _ => sha2::Sha512::digest(&bytes).to_vec(),
            };
        }
        bytes
    }

    fn symphony2(&self, plain: &str) -> Vec<u8> {
        let salt = salt_bytes(&self.salt);
        let salted = match salt.is_empty() {
            true => plain.as_bytes().to_vec(),
            false => [plain.as_bytes(), b"{", &salt, b"}"].concat(),
        };
        let first = sha2::Sha512::digest(&salted).to_vec();
        (1..self.rounds).fold(first, |hash, _| sha2::Sha512::digest([&hash, &salted[..]].concat()).to_vec())
    }

    /// The format with salt and password in their places.
    fn formatted(&self, plain: &str) -> Vec<u8> {
        let plain = match self.algorithm {
            Algorithm::Sha1HashBytes => plain.encode_utf16().flat_map(u16::to_le_bytes).collect(),
            _ => plain.as_bytes().to_vec(),
        };
        let mut out = Vec::new();
        let mut rest = self.format.as_str();
        while let Some(at) = rest.find('$') {
            out.extend_from_slice(&rest.as_bytes()[..at]);
            rest = &rest[at..];
            if let Some(behind) = rest.strip_prefix("$password") {
                out.extend_from_slice(&plain);
                rest = behind;
            } else if let Some(behind) = rest.strip_prefix("$salt") {
                out.extend_from_slice(&salt_bytes(&self.salt));
                rest = behind;
            } else {
                out.push(b'$');
                rest = &rest[1..];
            }
        }
        out.extend_from_slice(rest.as_bytes());
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn imported(given: Value) -> Result<Password, String> {
        Password::imported(given.as_object().unwrap(), Instant::START)
    }

    #[test]
    fn only_the_password_itself_matches() {
        let password = Password::new("correct horse", "c2FsdA==".into(), Instant::START);
        assert!(password.is("correct horse") && !password.is("Correct horse") && !password.is(""));
        assert!(!format!("{password:?}").contains("horse"));
    }

    /// The best known digests of all, the samples of RFC 6070 and their twins for SHA-256, a sample of Go's
    /// bcrypt package, samples of hashcat's manual, and what Python's hashlib makes of Symfony's rule.
    #[test]
    fn hashes_of_other_systems() {
        let b64 = |hex: &str| {
            let byte = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
            STANDARD.encode((0..hex.len()).step_by(2).map(byte).collect::<Vec<u8>>())
        };
        let cases = [
            (
                "password",
                json!({"hashedPassword": b64("5f4dcc3b5aa765d61d8327deb882cf99"),
                "hashSettings": {"algorithm": "md5"}}),
            ),
            (
                "password",
                json!({"HashedPassword": b64("5baa61e4c9b93f3f0682250b6cf8331b7ee68fd8"),
                "HashSettings": {"Algorithm": "SHA1", "format": "$password"}}),
            ),
            (
                "password",
                json!({
                "hashedPassword": b64("0c60c80f961f0e71f3a9b524af6012062fe037a6"),
                "hashSettings": {"algorithm": "pbkdf2", "salt": STANDARD.encode("salt"), "rounds": 1}}),
            ),
            (
                "password",
                json!({
                "hashedPassword": b64("4b007901b765489abead49d926f721d065a429c1"),
                "hashSettings": {"algorithm": "pbkdf2", "salt": STANDARD.encode("salt"), "rounds": "4096"}}),
            ),
            (
                "password",
                json!({
                "compoundHashedPassword": format!("pbkdf2_sha256$1$salt${}",
                    b64("120fb6cffcf8b32c43e7225256c4f837a86548c92ccc35480805987cb70be17b")),
                "hashSettings": {"algorithm": "pbkdf2_sha256"}}),
            ),
            (
                "allmine",
                json!({
                "compoundHashedPassword": "$2a$10$XajjQvNhvvRt5GSeFk1xFeyqRrsxkhBkUiQeg0dt.wU1qD4aFDcga",
                "hashSettings": {"algorithm": "bcrypt"}}),
            ),
            (
                "hashcat",
                json!({"compoundHashedPassword": "$1$28772684$iEwNOgGugqO9.bIz5sk8k/",
                "hashSettings": {"algorithm": "md5_crypt"}}),
            ),
            (
                "hashcat",
                json!({"hashedPassword": "$S$C33783772bRXEx1aCsvY.dqgaaSu76XmVlKrW9Qu8IQlvxHlmzLf",
                "hashSettings": {"algorithm": "drupal"}}),
            ),
            (
                "password",
                json!({"hashedPassword":
                    "U/SzHA9D8fFWbHWLOWEOhw7h5BgpfDpfq0jYwngMUBEXovdx25YvR77zE4J+BvwY5MDdYLC1v0qX1K2Gd4xLkA==",
                "hashSettings": {"algorithm": "symphony2", "salt": STANDARD.encode("pepper")}}),
            ),
            (
                "password",
                json!({"hashedPassword":
                    "wEJtpYOn82wIkMh4IPLc/NgVDSzFjKDBtHJwwcPeVfbc2lpu1vgCw5l2IunB2bUc5IWrWE3in6t+MGRORnHYQw==",
                "hashSettings": {"algorithm": "symphony2", "salt": STANDARD.encode("pepper"), "rounds": 5000}}),
            ),
        ];
        for (plain, given) in cases {
            let password = imported(given.clone()).unwrap_or_else(|why| panic!("{why}: {given}"));
            assert!(password.is(plain), "{given}");
            assert!(!password.is("Password"), "{given}");
        }
    }

    #[test]
    fn salt_and_password_stand_where_the_format_says() {
        for (format, expected) in [
            ("$salt$password", "pepperword"),
            ("$password:$salt", "word:pepper"),
            ("x$password$y", "xword$y"),
            ("$salt", "pepper"),
        ] {
            let hashed = Hashed {
                algorithm: Algorithm::Sha256,
                format: format.into(),
                salt: STANDARD.encode("pepper"),
                rounds: 1,
                hash: Secret::default(),
            };
            assert_eq!(hashed.formatted("word"), expected.as_bytes());
        }
    }

    #[test]
    fn hashes_that_could_never_fit_are_refused() {
        for given in [
            json!({"hashedPassword": "AAAA", "hashSettings": {"algorithm": "sap_abap"}}),
            json!({"hashedPassword": "AAAA"}),
            json!({"hashedPassword": "no base64!", "hashSettings": {"algorithm": "md5"}}),
            json!({"hashSettings": {"algorithm": "md5"}}),
            json!({"hashedPassword": "AAAA", "hashSettings": {"algorithm": "md5", "rounds": 0}}),
            json!({"hashedPassword": "AAAA", "hashSettings": {"algorithm": "pbkdf2", "rounds": 100_000_000}}),
            json!({"compoundHashedPassword": "$2a$31$XajjQvNhvvRt5GSeFk1xFeyqRrsxkhBkUiQeg0dt.wU1qD4aFDcga",
                "hashSettings": {"algorithm": "bcrypt"}}),
            json!({"compoundHashedPassword": "abc", "hashSettings": {"algorithm": "pbkdf2"}}),
            json!({"compoundHashedPassword": "abc", "hashSettings": {"algorithm": "md5_crypt"}}),
            json!({"compoundHashedPassword": "$S$z33783772bRXEx1aCsvY.dqgaaSu76XmVlKrW9Qu8IQlvxHlmzLf",
                "hashSettings": {"algorithm": "drupal"}}),
        ] {
            assert!(imported(given.clone()).is_err(), "{given}");
        }
    }

    #[test]
    fn own_passwords_are_shown_as_the_platform_hashes_them() {
        let shown = Password::new("password", "pepper".into(), Instant::START).show();
        assert_eq!(
            (&shown["hashSettings"]["algorithm"], &shown["hashSettings"]["rounds"]),
            (&json!("pbkdf2"), &json!(3000))
        );
        let given = json!({"hashedPassword": shown["hash"], "hashSettings": shown["hashSettings"]});
        assert!(imported(given).unwrap().is("password"), "what is exported can be imported");
    }
}
