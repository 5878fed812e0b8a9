//! `file.encrypt.pgp`

use crate::component::{Carries, Component, ComponentDoc, FilePart, Setup, optional, required};
use crate::lockstep::{Lockstep, Sink, Source};
use crate::openpgp;
use crate::run::{Outlet, Stop};
use pgp::composed::{ArmorOptions, MessageBuilder, SignedPublicKey};
use pgp::crypto::sym::SymmetricKeyAlgorithm;
use pgp::types::KeyDetails as _;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;
use standin_model::Evidence;
use standin_ports::Chance;
use std::io::BufWriter;
use std::sync::Arc;

/// The component.
pub(crate) const DOC: ComponentDoc = ComponentDoc {
    kind: "file.encrypt.pgp",
    summary: "Encrypts each file for the holder of a key and adds `.pgp` to its name",
    params: &[
        required("publicKey", "the receiver's public key, armored or as base64"),
        optional("asciiArmor", "true", "whether the file is text"),
    ],
    input: Carries::Files,
    output: Carries::Files,
    evidence: Evidence::recorded(
        "dataflows stored by sap-customer-data-cloud-toolkit users; the name's ending is ours",
        "gnupg_reads_what_is_encrypted",
    ),
    build,
};

fn build(setup: &Setup<'_>) -> Result<Box<dyn Component>, String> {
    let key = openpgp::public_key("publicKey", setup.required_text("publicKey")?)?;
    if openpgp::for_encryption(&key).is_none() && !key.primary_key.algorithm().can_encrypt() {
        return Err("parameter `publicKey` holds no key that encrypts".to_owned());
    }
    Ok(Box::new(Encrypt {
        key: Arc::new(key),
        armor: setup.truth("asciiArmor", true)?,
        chance: setup.ports.chance.clone(),
        work: None,
    }))
}

struct Encrypt {
    key: Arc<SignedPublicKey>,
    armor: bool,
    chance: Arc<dyn Chance>,
    work: Option<Lockstep>,
}

impl Encrypt {
    fn start(&self) -> Result<Lockstep, String> {
        let (key, armor, mut seed) = (Arc::clone(&self.key), self.armor, [0; 32]);
        self.chance.fill(&mut seed)?;
        let rng = ChaCha20Rng::from_seed(seed);
        Lockstep::start(move |source, sink| {
            encrypt(&key, armor, rng, source, sink).map_err(|error| format!("cannot encrypt: {error}"))
        })
    }

    async fn drain(&mut self, out: &mut Outlet<'_>) -> Result<(), Stop> {
        let Some(work) = &mut self.work else { return Ok(()) };
        while let Some(bytes) = work.made()? {
            out.file(FilePart::Bytes(bytes)).await?;
        }
        Ok(())
    }
}

/// Neither the file's name nor a time goes into the message: the same content and seed are the same bytes.
fn encrypt(
    key: &SignedPublicKey,
    armor: bool,
    mut rng: ChaCha20Rng,
    source: Source,
    sink: &mut BufWriter<Sink>,
) -> pgp::errors::Result<()> {
    let builder = MessageBuilder::from_reader("", source);
    let mut builder = builder.seipd_v1(&mut rng, SymmetricKeyAlgorithm::AES256);
    match openpgp::for_encryption(key) {
        Some(subkey) => builder.encrypt_to_key(&mut rng, subkey)?,
        None => builder.encrypt_to_key(&mut rng, key)?,
    };
    if armor {
        builder.to_armored_writer(rng, ArmorOptions::default(), sink)
    } else {
        builder.to_writer(rng, sink)
    }
}

#[async_trait::async_trait]
impl Component for Encrypt {
    async fn file(&mut self, part: FilePart, out: &mut Outlet<'_>) -> Result<(), Stop> {
        match part {
            FilePart::Start(name) => {
                self.work = Some(self.start()?);
                out.file(FilePart::Start(format!("{name}.pgp"))).await?;
                self.drain(out).await
            }
            FilePart::Bytes(bytes) => {
                if let Some(work) = &mut self.work {
                    work.feed(Some(bytes));
                }
                self.drain(out).await
            }
            FilePart::End => {
                if let Some(work) = &mut self.work {
                    work.feed(None);
                }
                self.drain(out).await?;
                self.work = None;
                out.file(FilePart::End).await
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::programs::{fixture, gpg, installed};
    use crate::testing::through_files;
    use base64::Engine as _;
    use serde_json::{Value, json};

    const CRM: &str = include_str!("../../../../fixtures/pgp/crm.pub.asc");
    const DWH: &str = include_str!("../../../../fixtures/pgp/dwh.pub.asc");

    fn encrypted(params: Value, text: &[u8]) -> Result<Vec<u8>, String> {
        let files = through_files(&[("file.encrypt.pgp", params)], &[("a.csv", text)])?;
        assert_eq!(files.keys().collect::<Vec<_>>(), ["/out/a.csv.pgp"]);
        Ok(files["/out/a.csv.pgp"].clone())
    }

    #[test]
    fn gnupg_reads_what_is_encrypted() {
        if !installed("gpg") {
            return;
        }
        let large = "UID,mail\n\u{e9}\u{1F600},x\n".repeat(70_000);
        for (key, secret, passphrase, armor, text) in [
            (CRM, "crm.sec.asc", "", true, large.as_str()),
            (CRM, "crm.sec.asc", "", false, ""),
            (DWH, "dwh.sec.asc", "open sesame", false, "a,b\n1,2\n"),
        ] {
            let file = encrypted(json!({"publicKey": key, "asciiArmor": armor}), text.as_bytes()).unwrap();
            assert_eq!(file.starts_with(b"-----BEGIN PGP MESSAGE-----\n"), armor);
            assert!(gpg(secret, passphrase, &file).as_deref() == Ok(text.as_bytes()), "{secret} {armor}");
        }
    }

    #[test]
    fn what_is_encrypted_comes_back_and_is_the_same_again() {
        let text = "a,b\n1,2\n".repeat(100_000);
        for armor in [true, false] {
            let params = json!({"publicKey": CRM, "asciiArmor": armor});
            let secret = String::from_utf8(fixture("pgp/crm.sec.asc")).unwrap();
            let back =
                [("file.encrypt.pgp", params.clone()), ("file.decrypt.pgp", json!({"pgpKey": secret}))];
            let files = through_files(&back, &[("a.csv", text.as_bytes())]).unwrap();
            assert!(files["/out/a.csv"] == text.as_bytes());
            let once = || encrypted(params.clone(), text.as_bytes()).unwrap();
            assert!(once() == once(), "the same job makes the same file");
        }
    }

    #[test]
    fn keys_come_in_several_dresses() {
        let packed = |bytes: &[u8]| base64::engine::general_purpose::STANDARD.encode(bytes);
        let body = CRM.lines().skip(2).take_while(|line| !line.starts_with('='));
        let secret = String::from_utf8(fixture("pgp/crm.sec.asc")).unwrap();
        for key in [format!("\n  {CRM}"), packed(CRM.as_bytes()), body.collect()] {
            let back = [
                ("file.encrypt.pgp", json!({"publicKey": key})),
                ("file.decrypt.pgp", json!({"pgpKey": packed(secret.as_bytes())})),
            ];
            assert_eq!(through_files(&back, &[("a", b"x")]).unwrap()["/out/a"], b"x");
        }
    }

    #[test]
    fn what_is_no_key_is_refused_and_not_shown() {
        let secret = String::from_utf8(fixture("pgp/crm.sec.asc")).unwrap();
        for (key, told) in [
            ("", "parameter `publicKey` is missing or empty"),
            ("********", "parameter `publicKey` is neither an armored key nor base64 of one"),
            (
                "BASE64-OR-ARMORED-PUBLIC-KEY",
                "parameter `publicKey` is neither an armored key nor base64 of one",
            ),
            ("c2VjcmV0IHRleHQ=", "parameter `publicKey` holds no public key: "),
            (&secret, "parameter `publicKey` holds no public key: "),
        ] {
            let refused = encrypted(json!({"publicKey": key}), b"x").unwrap_err();
            assert!(refused.starts_with(&format!("file.encrypt.pgp `s0`: {told}")), "{refused}");
            assert!(!refused.contains("secret text") && refused.len() < 200, "{refused}");
        }
    }
}
