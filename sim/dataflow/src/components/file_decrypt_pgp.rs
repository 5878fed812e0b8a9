//! `file.decrypt.pgp`

use crate::component::{Carries, Component, ComponentDoc, FilePart, Setup, optional};
use crate::file_sink::CHUNK;
use crate::growth::Growth;
use crate::openpgp;
use crate::run::{Outlet, Stop};
use crate::spool::Spool;
use bytes::Bytes;
use pgp::composed::{DecryptionOptions, Message, SignedSecretKey, TheRing};
use pgp::types::{Password, Seipdv1ReadMode};
use standin_model::Evidence;
use standin_ports::Secret;
use std::io::{Cursor, Read};

/// The component.
pub(crate) const DOC: ComponentDoc = ComponentDoc {
    kind: "file.decrypt.pgp",
    summary: "Decrypts each file and takes `.pgp`, `.gpg` or `.asc` from its name; files of at most 256 MiB",
    params: &[
        optional("pgpKey", "", "the private key, armored or as base64"),
        optional("pgpKey.importedPrivateKey", "", "the private key as the console stores it"),
        optional("privateKey", "", "the private key"),
        optional("passphrase", "", "the private key's passphrase"),
    ],
    input: Carries::Files,
    output: Carries::Files,
    evidence: Evidence::recorded(
        "dataflows stored by sap-customer-data-cloud-toolkit users",
        "files_made_by_gnupg_are_read",
    ),
    build,
};

/// Bytes of an encrypted file: its integrity is known at its end only, and nothing goes on before.
const HELD: usize = 256 << 20;

/// Compressed messages within one another.
const LAYERS: usize = 4;

fn build(setup: &Setup<'_>) -> Result<Box<dyn Component>, String> {
    for parameter in ["pgpKey.importedPrivateKey", "pgpKey", "privateKey"] {
        let text = setup.text(parameter)?;
        if !text.trim().is_empty() {
            return Ok(Box::new(Decrypt {
                key: openpgp::secret_key(parameter, text)?,
                passphrase: Secret::new(setup.text("passphrase")?),
                name: String::new(),
                held: Vec::new(),
            }));
        }
    }
    Err("no private key is given: parameter `pgpKey` is missing or empty".to_owned())
}

struct Decrypt {
    key: SignedSecretKey,
    passphrase: Secret,
    name: String,
    held: Vec<u8>,
}

#[async_trait::async_trait]
impl Component for Decrypt {
    async fn file(&mut self, part: FilePart, out: &mut Outlet<'_>) -> Result<(), Stop> {
        match part {
            FilePart::Start(name) => self.name = name,
            FilePart::Bytes(bytes) => {
                self.held.extend_from_slice(&bytes);
                if self.held.len() > HELD {
                    return Err(Stop::Here(format!("{} is larger than {HELD} bytes: refused", self.name)));
                }
            }
            FilePart::End => {
                let spool = self.decrypted()?;
                out.file(FilePart::Start(plain(&self.name).to_owned())).await?;
                let mut pieces = spool.read().map_err(|error| error.to_string())?;
                while let Some(piece) = pieces.next().map_err(|error| error.to_string())? {
                    out.file(FilePart::Bytes(Bytes::copy_from_slice(piece))).await?;
                }
                out.file(FilePart::End).await?;
            }
        }
        Ok(())
    }
}

fn plain(name: &str) -> &str {
    let stem = name.len().checked_sub(4).filter(|at| name.is_char_boundary(*at)).map(|at| name.split_at(at));
    match stem {
        Some((stem, ending))
            if [".pgp", ".gpg", ".asc"].iter().any(|known| known.eq_ignore_ascii_case(ending)) =>
        {
            stem
        }
        _ => name,
    }
}

impl Decrypt {
    /// The content, read to its end so that nothing of it goes on if it is broken.
    fn decrypted(&mut self) -> Result<Spool, String> {
        let held = std::mem::take(&mut self.held);
        let mut growth = Growth::default();
        growth.read(held.len());
        let mut message = self.opened(held).map_err(|why| format!("{} {why}", self.name))?;
        let (mut spool, mut buffer) = (Spool::default(), vec![0; CHUNK]);
        loop {
            let read = message.read(&mut buffer).map_err(|error| self.broken(&error.to_string()))?;
            if read == 0 {
                return Ok(spool);
            }
            growth.made(read, &self.name)?;
            spool.push(&buffer[..read]).map_err(|full| full.to_string())?;
        }
    }

    fn opened(&self, held: Vec<u8>) -> Result<Message<'static>, String> {
        let (message, _) = Message::from_reader(Cursor::new(held))
            .map_err(|error| format!("is no whole OpenPGP message: {error}"))?;
        if !message.is_encrypted() {
            return Err("is not encrypted".to_owned());
        }
        let passphrase = Password::from(self.passphrase.reveal());
        let mode = Seipdv1ReadMode::CheckFirst { max_message_size: HELD };
        let ring = TheRing {
            secret_keys: vec![&self.key],
            key_passwords: vec![&passphrase],
            decrypt_options: DecryptionOptions::new().enable_gnupg_aead().set_seipdv1_read_mode(mode),
            ..TheRing::default()
        };
        let opened = message.decrypt_the_ring(ring, true);
        let (mut message, _) = opened.map_err(|error| format!("cannot be decrypted: {error}"))?;
        for _ in 0..LAYERS {
            if !message.is_compressed() {
                return Ok(message);
            }
            message = message.decompress().map_err(|error| format!("cannot be uncompressed: {error}"))?;
        }
        Err(format!("is compressed more than {LAYERS} times over: refused"))
    }

    fn broken(&self, why: &str) -> String {
        format!("{} is no whole OpenPGP message: {why}", self.name)
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::programs::fixture;
    use crate::testing::{World, through_files};
    use base64::Engine as _;
    use pgp::composed::{Deserializable as _, MessageBuilder, SignedPublicKey};
    use pgp::crypto::sym::SymmetricKeyAlgorithm;
    use pgp::types::CompressionAlgorithm;
    use rand_chacha::ChaCha20Rng;
    use rand_chacha::rand_core::SeedableRng as _;
    use serde_json::{Value, json};
    use std::collections::BTreeMap;

    fn key(name: &str) -> String {
        String::from_utf8(fixture(&format!("pgp/{name}.sec.asc"))).unwrap()
    }

    fn decrypted(params: Value, name: &str, bytes: &[u8]) -> Result<BTreeMap<String, Vec<u8>>, String> {
        through_files(&[("file.decrypt.pgp", params)], &[(name, bytes)])
    }

    #[test]
    fn files_made_by_gnupg_are_read() {
        let crm = key("crm");
        let dwh = json!({"privateKey": key("dwh"), "passphrase": "open sesame"});
        for (file, params, name) in [
            ("orders.pgp", json!({"pgpKey": crm}), "/out/orders"),
            (
                "orders.bzip2.pgp",
                json!({"pgpKey.importedPrivateKey": crm, "pgpKey": "c"}),
                "/out/orders.bzip2",
            ),
            ("orders.signed.asc", dwh, "/out/orders.signed"),
        ] {
            let files = decrypted(params, file, &fixture(&format!("pgp/{file}"))).unwrap();
            assert_eq!(files, [(name.to_owned(), fixture("pgp/orders.tsv"))].into());
        }
    }

    #[test]
    fn names_lose_their_ending_only() {
        for (name, expected) in [
            ("a.csv.pgp", "a.csv"),
            ("a.csv.GPG", "a.csv"),
            ("a.asc", "a"),
            ("a.csv", "a.csv"),
            ("pgp", "pgp"),
            ("\u{e9}pgp", "\u{e9}pgp"),
        ] {
            assert_eq!(super::plain(name), expected);
        }
    }

    #[test]
    fn wrong_keys_and_broken_files_fail_the_job() {
        let (crm, dwh) = (key("crm"), key("dwh"));
        let whole = fixture("pgp/orders.pgp");
        let mut flipped = whole.clone();
        flipped[whole.len() / 2] ^= 0x55;
        let signed = fixture("pgp/orders.signed.asc");
        for (params, bytes, told) in [
            (json!({"pgpKey": dwh, "passphrase": "open sesame"}), &whole, "cannot be decrypted: missing key"),
            (json!({"pgpKey": dwh, "passphrase": "wrong"}), &signed, "cannot be decrypted: "),
            (json!({"pgpKey": dwh}), &signed, "cannot be decrypted: "),
            (
                json!({"pgpKey": crm}),
                &fixture("pgp/orders.symmetric.pgp"),
                "cannot be decrypted: missing key",
            ),
            (json!({"pgpKey": crm}), &flipped, ""),
            (json!({"pgpKey": crm}), &whole[..whole.len() - 9].to_vec(), ""),
            (json!({"pgpKey": crm}), &fixture("pgp/orders.tsv"), "is no whole OpenPGP message: "),
            (json!({"pgpKey": crm}), &Vec::new(), "is no whole OpenPGP message: "),
        ] {
            let refused = decrypted(params, "x.pgp", bytes).unwrap_err();
            assert!(refused.starts_with(&format!("file.decrypt.pgp `s0`: x.pgp {told}")), "{refused}");
            assert!(!refused.contains("sesame"), "{refused}");
        }
        for (params, told) in [
            (json!({}), "no private key is given: parameter `pgpKey` is missing or empty"),
            (json!({"pgpKey": "********"}), "parameter `pgpKey` is neither an armored key nor base64 of one"),
        ] {
            assert_eq!(decrypted(params, "x", &whole), Err(format!("file.decrypt.pgp `s0`: {told}")));
        }
    }

    #[test]
    fn a_bomb_within_is_refused() {
        let public = fixture("pgp/crm.pub.asc");
        let (receiver, _) = SignedPublicKey::from_reader_single(public.as_slice()).unwrap();
        let mut rng = ChaCha20Rng::from_seed([7; 32]);
        let mut bomb = MessageBuilder::from_bytes("", vec![0; 20 << 20]);
        bomb.compression(CompressionAlgorithm::ZLIB);
        let mut bomb = bomb.seipd_v1(&mut rng, SymmetricKeyAlgorithm::AES256);
        bomb.encrypt_to_key(&mut rng, &receiver.public_subkeys[0]).unwrap();
        let bomb = bomb.to_vec(&mut rng).unwrap();
        assert!(bomb.len() < 40_000);
        assert_eq!(
            decrypted(json!({"pgpKey": key("crm")}), "x.pgp", &bomb),
            Err("file.decrypt.pgp `s0`: x.pgp grows beyond 200 times its size or 4294967296 bytes: refused"
                .to_owned())
        );
    }

    #[test]
    fn keys_stay_out_of_journal_and_trace() {
        let packed = base64::engine::general_purpose::STANDARD.encode(key("dwh"));
        let server = json!({"host": "h", "username": "u", "password": "p", "remotePath": "in"});
        let flow = json!({"name": "f", "steps": [
            {"id": "read", "type": "datasource.read.sftp", "params": server, "next": ["open"]},
            {"id": "open", "type": "file.decrypt.pgp", "params": {"pgpKey": packed, "passphrase": "open sesame"}, "next": ["parse"]},
            {"id": "parse", "type": "file.parse.dsv", "params": {"columnSeparator": "\t"}, "next": ["keep"]},
            {"id": "keep", "type": "field.remove", "params": {"fields": []}},
        ]});
        let mut world = World::new();
        world.debug();
        world.file("/in/orders.asc", &fixture("pgp/orders.signed.asc"));
        let report = world.run(&flow.to_string());
        assert_eq!((report.failure, report.processed), (None, 200));
        let all = format!("{:?} {:?}", world.journal(), report.trace);
        assert!(!all.contains("sesame") && !all.contains(&packed[..40]), "{all}");
    }
}
