//! Programs of others inside the stage.

use crate::top;
use std::process::{Command, Output};

fn exec(options: &[&str], command: &[&str]) -> Output {
    let mut standin = Command::new(env!("CARGO_BIN_EXE_standin"));
    standin.arg("exec").args(options).arg("--").args(command).current_dir(top());
    standin.env("XDG_DATA_HOME", env!("CARGO_TARGET_TMPDIR")).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn the_exit_code_is_the_programs() {
    for (script, code) in [("exit 0", 0), ("exit 5", 5), ("kill -9 $$", 137)] {
        assert_eq!(exec(&[], &["sh", "-c", script]).status.code(), Some(code), "{script}");
    }
    let missing = exec(&[], &["no-such-program-anywhere"]);
    assert_eq!(missing.status.code(), Some(127));
    assert!(text(&missing.stderr).contains("no-such-program-anywhere cannot be started"));
}

/// curl and Python find the vendors' hosts here, with certificates that they accept, and nothing else.
#[test]
fn programs_find_the_vendors_hosts_here() {
    let curl = "curl -sS -u \"$ELOQUA_SITE\\\\$ELOQUA_USER:$ELOQUA_PASSWORD\" https://login.eloqua.com/id";
    let ran = exec(&[], &["sh", "-c", curl]);
    assert!(text(&ran.stdout).contains("\"name\":\"StandinCo\""), "{ran:?}");
    let expected = "\nplatform   call     times  answered\neloqua     GET /id      1  200\n";
    assert_eq!(text(&ran.stderr), expected);

    let python = "import os, urllib.request\n\
        key = os.environ['GIGYA_API_KEY']\n\
        print(urllib.request.urlopen('https://accounts.eu1.gigya.com/accounts.getPolicies?apiKey=' + key).status)";
    let ran = exec(&[], &["python3", "-c", python]);
    assert_eq!(text(&ran.stdout), "200\n", "{ran:?}");

    let upload = "echo a | curl -sS -T - ftp://$SFTP_USER:$SFTP_PASSWORD@127.0.0.1:$FTP_PORT/a.csv";
    let ran = exec(&[], &["sh", "-c", upload]);
    assert!(text(&ran.stderr).contains("/a.csv") && text(&ran.stderr).contains("done"), "{ran:?}");

    let ran = exec(&[], &["curl", "-sS", "https://www.example.net/"]);
    assert_eq!(ran.status.code(), Some(56), "{ran:?}");
    assert!(text(&ran.stderr).ends_with(
        "nothing was called\nrefused: www.example.net is nobody here; --allow www.example.net lets the program reach it\n"
    ));
}

/// Node knows no proxy variables before version 24. Where Node is not there, there is nothing to see, unless all
/// tools are said to be there.
#[test]
fn node_finds_them_too() {
    let there = Command::new("node").arg("--version").output().is_ok();
    if !there && std::env::var_os("STANDIN_ALL_TOOLS").is_none() {
        return;
    }
    let script = "fetch('https://accounts.eu1.gigya.com/accounts.getPolicies?apiKey=' + process.env.GIGYA_API_KEY)\
        .then((answer) => console.log(answer.status));";
    let ran = exec(&[], &["node", "-e", script]);
    assert_eq!(text(&ran.stdout), "200\n", "{ran:?}");
}

/// Java reads no variable but its own, and wants a trust store. A JDK runs a program from its source; where none is there,
/// there is nothing to see.
#[test]
fn java_finds_them_too() {
    let there = Command::new("javac").arg("-version").output().is_ok_and(|output| output.status.success());
    if !there {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("Fetch.java");
    let source = "import java.net.URI;\nimport java.net.http.*;\n\
        public class Fetch {\n  public static void main(String[] words) throws Exception {\n\
        \x20   var there = \"https://accounts.eu1.gigya.com/accounts.getPolicies?apiKey=\" + System.getenv(\"GIGYA_API_KEY\");\n\
        \x20   var client = HttpClient.newBuilder().proxy(java.net.ProxySelector.getDefault()).build();\n\
        \x20   var answer = client.send(HttpRequest.newBuilder(URI.create(there)).build(), HttpResponse.BodyHandlers.ofString());\n\
        \x20   System.out.println(answer.statusCode());\n  }\n}\n";
    std::fs::write(&program, source).unwrap();
    let ran = exec(&[], &["java", program.to_str().unwrap()]);
    assert_eq!(text(&ran.stdout), "200\n", "{ran:?}");
}

/// The expectations of a scenario are held against what the program did, in that scenario's world.
#[test]
fn what_a_scenario_expects_is_checked_against_the_program() {
    let folder = tempfile::tempdir().unwrap();
    let scenario = folder.path().join("moved.yaml");
    std::fs::write(
        &scenario,
        "scenario: Ann moved\n\
         world:\n  gigya:\n    accounts: [{ UID: ann, profile: { email: ann@brand.example, city: Gent } }]\n\
         steps:\n  - gigya_set_account: { UID: ann, profile: { city: Diest } }\n\
         \x20 - expect_account: { UID: ann, profile: { city: Diest } }\n",
    )
    .unwrap();
    let set = |city: &str| {
        format!(
            "curl -sS https://accounts.eu1.gigya.com/accounts.setAccountInfo -d apiKey=$GIGYA_API_KEY \
             -d userKey=$GIGYA_USER_KEY --data-urlencode secret=$GIGYA_SECRET -d UID=ann -d 'profile={{\"city\":\"{city}\"}}'"
        )
    };
    let expect = ["--expect", scenario.to_str().unwrap()];
    let good = exec(&expect, &["sh", "-c", &set("Diest")]);
    assert_eq!(good.status.code(), Some(0), "{}", text(&good.stderr));
    assert!(text(&good.stderr).contains("ok Ann moved"));
    let calls = folder.path().join("calls.yaml");
    std::fs::write(
        &calls,
        "scenario: Only a call\nsteps:\n  - gigya_call: { method: socialize.getProvidersConfig }\n",
    )
    .unwrap();
    let nothing = exec(&["--expect", calls.to_str().unwrap()], &["true"]);
    assert_eq!(nothing.status.code(), Some(2));
    assert!(text(&nothing.stderr).contains("expects nothing that could be held against a program"));
    let bad = exec(&expect, &["sh", "-c", &set("Namur")]);
    assert_eq!(bad.status.code(), Some(1), "{}", text(&bad.stderr));
    assert!(text(&bad.stderr).contains("actually Namur"), "{}", text(&bad.stderr));
}

/// The authority that is kept is made once, printed, trusted, and forgotten on demand.
#[test]
fn the_authority_is_kept_until_it_is_forgotten() {
    let home = tempfile::tempdir().unwrap();
    let standin = |words: &[&str]| {
        let mut standin = Command::new(env!("CARGO_BIN_EXE_standin"));
        let ran = standin.args(words).env("XDG_DATA_HOME", home.path()).output().unwrap();
        assert!(ran.status.success(), "{ran:?}");
        text(&ran.stdout)
    };
    let first = standin(&["ca"]);
    assert!(first.starts_with("-----BEGIN CERTIFICATE-----\n"));
    assert_eq!(standin(&["ca"]), first);
    let shown = standin(&[
        "exec",
        "--",
        "sh",
        "-c",
        "cat $STANDIN_CA_FILE && curl -sS https://login.eloqua.com/ -o /dev/null -w %{http_code}",
    ]);
    assert!(shown.starts_with(&first) && shown.len() == first.len() + 3, "{shown}");
    standin(&["ca", "--forget"]);
    assert_ne!(standin(&["ca"]), first);
}
