//! Clients of other makes at the drop: OpenSSH's `sftp` and `scp`, Paramiko, curl.

use super::serving::Served;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The clients' options that a first visit needs.
const TRUSTING: [&str; 8] = [
    "-o",
    "StrictHostKeyChecking=no",
    "-o",
    "UserKnownHostsFile=/dev/null",
    "-o",
    "LogLevel=ERROR",
    "-o",
    "IdentitiesOnly=yes",
];

/// Whether a client is here. `.ci/run` installs all of them and says so, and then none may be missing.
#[expect(clippy::print_stderr, reason = "a test that looked at nothing has to say so")]
fn installed(name: &str, probe: &mut Command) -> bool {
    let found = probe.output().is_ok_and(|output| output.status.code() != Some(127) && !broken(&output));
    assert!(found || std::env::var_os("STANDIN_ALL_TOOLS").is_none(), "{name} is missing");
    if !found {
        eprintln!("{name} is not on this machine: a test of it looked at nothing");
    }
    found
}

fn broken(output: &Output) -> bool {
    String::from_utf8_lossy(&output.stderr).contains("ModuleNotFoundError")
}

/// A served drop with a user who has a key and a password, and a folder to work in.
struct Stand {
    served: Served,
    folder: tempfile::TempDir,
}

impl Stand {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let key = folder.path().join("key");
        let made =
            Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(&key).status();
        assert!(made.unwrap().success());
        let public = std::fs::read_to_string(key.with_extension("pub")).unwrap();
        let world = format!(
            "sftp:
  users: [{{ name: loader, password: pw, root: /home, public_key: {public:?} }}]
  folders: [/home/in, /elsewhere]
  files: [{{ path: /elsewhere/secret.csv, text: geheim }}]
"
        );
        let file = folder.path().join("world.yaml");
        std::fs::write(&file, world).unwrap();
        let served = Served::start(&["--clock", "still", "--world", file.to_str().unwrap()]);
        Self { served, folder }
    }

    fn local(&self, name: &str, text: &[u8]) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    fn key(&self) -> PathBuf {
        self.folder.path().join("key")
    }

    fn files(&self) -> Vec<(String, u64)> {
        let (_, state) = self.served.fetch(&format!("{}/state", self.served.get("STANDIN_URL")));
        let state: Value = serde_json::from_str(&state).unwrap();
        let files = state["files"].as_array().unwrap().iter();
        let all =
            files.map(|file| (file["path"].as_str().unwrap().to_owned(), file["size"].as_u64().unwrap()));
        all.filter(|(path, _)| path != "/elsewhere/secret.csv").collect()
    }
}

fn done(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{command:?}: {told}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Bytes without a pattern that a client could compress away.
fn large() -> Vec<u8> {
    (0..1_500_001u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8).collect()
}

#[test]
fn openssh_puts_gets_goes_on_and_renames_over() {
    if !installed("OpenSSH's sftp", Command::new("sftp").arg("-V")) {
        return;
    }
    let stand = Stand::new();
    let large = large();
    let whole = stand.local("large.bin", &large);
    let half = stand.local("half.bin", &large[..400_000]);
    let old = stand.local("old.csv", b"old");
    let (back, batch) = (stand.folder.path().join("back.bin"), stand.folder.path().join("batch"));
    std::fs::write(&back, &large[..700_000]).unwrap();
    let commands = format!(
        "put {} /in/large.bin
put {} /in/half.bin
put -a {} /in/half.bin
get -a /in/large.bin {}
mkdir /in/sub
put -p {} /in/sub/old.csv
rename /in/large.bin /in/sub/old.csv
chmod 600 /in/half.bin
-symlink /../elsewhere/secret.csv /in/link
-get /in/link {}
ls -l /in/sub
",
        whole.display(),
        half.display(),
        whole.display(),
        back.display(),
        old.display(),
        stand.folder.path().join("stolen").display(),
    );
    std::fs::write(&batch, commands).unwrap();
    let listed = done(
        Command::new("sftp")
            .args(TRUSTING)
            .args(["-q", "-P", stand.served.get("SFTP_PORT"), "-i"])
            .arg(stand.key())
            .arg("-b")
            .arg(&batch)
            .arg(format!("loader@{}", stand.served.get("SFTP_HOST"))),
    );
    assert!(listed.contains("1500001") && listed.contains("old.csv"), "{listed}");
    assert!(std::fs::read(&back).unwrap() == large, "a download goes on where it stood");
    assert!(!stand.folder.path().join("stolen").exists(), "no link leads out of the root");
    let size = large.len() as u64;
    assert_eq!(
        stand.files(),
        [("/home/in/half.bin".to_owned(), size), ("/home/in/sub/old.csv".to_owned(), size)]
    );
}

#[test]
fn scp_copies_both_ways() {
    if !installed("OpenSSH's scp", &mut Command::new("scp")) {
        return;
    }
    let stand = Stand::new();
    let large = large();
    let whole = stand.local("large.bin", &large);
    let back = stand.folder.path().join("back.bin");
    let remote = format!("loader@{}:/in/large.bin", stand.served.get("SFTP_HOST"));
    let scp = |from: &Path, to: &Path| {
        done(
            Command::new("scp")
                .args(TRUSTING)
                .args(["-q", "-P", stand.served.get("SFTP_PORT"), "-i"])
                .args([&stand.key(), from, to]),
        )
    };
    scp(&whole, Path::new(&remote));
    assert_eq!(stand.files(), [("/home/in/large.bin".to_owned(), large.len() as u64)]);
    scp(Path::new(&remote), &back);
    assert!(std::fs::read(&back).unwrap() == large);
}

const PARAMIKO: &str = r#"
import io, sys, paramiko
host, port, folder = sys.argv[1], int(sys.argv[2]), sys.argv[3]
transport = paramiko.Transport((host, port))
transport.connect(username="loader", password="pw")
sftp = paramiko.SFTPClient.from_transport(transport)
large = open(folder + "/large.bin", "rb").read()
sftp.putfo(io.BytesIO(large), "/in/large.part")
with sftp.open("/in/old.csv", "w") as file:
    file.write("old")
sftp.posix_rename("/in/large.part", "/in/old.csv")
back = io.BytesIO()
sftp.getfo("/in/old.csv", back)
assert back.getvalue() == large
with sftp.open("/in/old.csv", "a") as file:
    file.write("more")
sftp.utime("/in/old.csv", (1700000000, 1700000000))
sftp.mkdir("/in/sub")
sftp.rmdir("/in/sub")
print(sftp.listdir("/in"), sftp.stat("/in/old.csv").st_size, sftp.stat("/in/old.csv").st_mtime)
for attempt in (lambda: sftp.stat("/elsewhere/secret.csv"), lambda: sftp.symlink("/in/old.csv", "/in/link"),
                lambda: sftp.open("/none/a", "w"), lambda: sftp.rename("/none", "/in/x")):
    try:
        attempt()
        print("allowed")
    except IOError as error:
        print(type(error).__name__)
second = paramiko.SFTPClient.from_transport(transport)
print(second.normalize("../.."), len(second.listdir("/")))
transport.close()
wrong = paramiko.Transport((host, port))
try:
    wrong.connect(username="loader", password="wrong")
    print("allowed")
except paramiko.AuthenticationException:
    print("refused")
wrong.close()
"#;

#[test]
fn paramiko_is_served() {
    if !installed("Paramiko", Command::new("/usr/bin/python3").args(["-c", "import paramiko"])) {
        return;
    }
    let stand = Stand::new();
    stand.local("large.bin", &large());
    let script = stand.local("client.py", PARAMIKO.as_bytes());
    let told = done(
        Command::new("/usr/bin/python3")
            .arg(script)
            .args([stand.served.get("SFTP_HOST"), stand.served.get("SFTP_PORT")])
            .arg(stand.folder.path()),
    );
    let lines: Vec<&str> = told.lines().collect();
    assert_eq!(
        lines,
        [
            "['old.csv'] 1500005 1700000000",
            "FileNotFoundError",
            "OSError",
            "FileNotFoundError",
            "FileNotFoundError",
            "/ 1",
            "refused"
        ]
    );
    assert_eq!(stand.files(), [("/home/in/old.csv".to_owned(), 1_500_005)]);
}

#[test]
fn curl_speaks_ftp_with_it() {
    if !installed("curl", Command::new("curl").arg("--version")) {
        return;
    }
    let stand = Stand::new();
    let large = large();
    let whole = stand.local("large.bin", &large);
    let half = stand.local("half.bin", &large[..400_000]);
    let back = stand.folder.path().join("back.bin");
    let url = |path: &str| {
        format!("ftp://{}:{}{path}", stand.served.get("SFTP_HOST"), stand.served.get("FTP_PORT"))
    };
    let curl = |arguments: &[&str]| {
        done(Command::new("curl").args(["-sS", "--noproxy", "*", "--user", "loader:pw"]).args(arguments))
    };
    let path = |path: &Path| path.to_str().unwrap().to_owned();
    curl(&["-T", &path(&half), &url("/in/large.part")]);
    curl(&["-C", "400000", "-T", &path(&whole), &url("/in/large.part")]);
    curl(&["-Q", "RNFR /in/large.part", "-Q", "RNTO /in/large.bin", &url("/")]);
    std::fs::write(&back, &large[..700_000]).unwrap();
    curl(&["-C", "-", "-o", &path(&back), &url("/in/large.bin")]);
    assert!(std::fs::read(&back).unwrap() == large);
    let listed = curl(&[&url("/in/")]);
    assert!(listed.contains("1500001") && listed.contains("large.bin"), "{listed}");
    assert_eq!(curl(&["-l", &url("/in/")]), "large.bin\n");
    let refused = Command::new("curl")
        .args(["-sS", "--noproxy", "*", "--user", "loader:wrong", &url("/in/large.bin")])
        .output()
        .unwrap();
    // curl's word for a login that is refused.
    assert_eq!(refused.status.code(), Some(67));
    assert_eq!(stand.files(), [("/home/in/large.bin".to_owned(), large.len() as u64)]);
}
