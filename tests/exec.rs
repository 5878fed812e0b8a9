//! Programs of others inside the stage.

use crate::top;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

fn program(options: &[&str], command: &[&str]) -> Command {
    let mut standin = Command::new(env!("CARGO_BIN_EXE_standin"));
    standin.arg("exec").args(options).arg("--").args(command).current_dir(top());
    standin.env("XDG_DATA_HOME", env!("CARGO_TARGET_TMPDIR"));
    standin
}

fn exec(options: &[&str], command: &[&str]) -> Output {
    program(options, command).output().unwrap()
}

/// A file with an authority that vouches for nobody here, as libraries bring one along.
fn authority_of_somebody_else(folder: &Path) -> PathBuf {
    let mut standin = Command::new(env!("CARGO_BIN_EXE_standin"));
    let made = standin.arg("ca").env("XDG_DATA_HOME", folder).output().unwrap();
    let file = folder.join("else.pem");
    std::fs::write(&file, made.stdout).unwrap();
    file
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
    assert_eq!(exec(&[], &["./README.md"]).status.code(), Some(126));
}

/// Tells which signal it heard first; `ready` when it listens.
const HEARS: &str = "import signal, sys\n\
    codes = {'SIGINT': 5, 'SIGTERM': 6, 'SIGHUP': 7, 'SIGQUIT': 8}\n\
    for name, code in codes.items():\n\
    \x20   signal.signal(getattr(signal, name), lambda *_, code=code: sys.exit(code))\n\
    print('ready', flush=True)\n\
    signal.pause()";

/// What is sent to us alone the program hears of from us.
#[test]
fn a_signal_is_passed_on() {
    for (signal, code) in [("-INT", 5), ("-TERM", 6), ("-HUP", 7), ("-QUIT", 8)] {
        let mut standin = program(&[], &["python3", "-c", HEARS]);
        let mut ran = standin.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(ran.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        assert_eq!(line, "ready\n");
        let told = Command::new("kill").args([signal, &ran.id().to_string()]).status().unwrap();
        assert!(told.success());
        assert_eq!(ran.wait().unwrap().code(), Some(code), "{signal}");
    }
}

/// Also where we are in the foreground of a terminal; and what is not to be heard here is not to be heard there.
#[test]
fn a_signal_is_passed_on_in_the_foreground_of_a_terminal() {
    let terminal = format!(
        "{TERMINAL}\
        until(b'ready')\n\
        os.kill(pid, 2)\n\
        sys.exit(os.WEXITSTATUS(os.waitpid(pid, 0)[1]))"
    );
    let mut python = Command::new("python3");
    python.args(["-c", &terminal, env!("CARGO_BIN_EXE_standin"), "exec", "--", "python3", "-c", HEARS]);
    python.env("XDG_DATA_HOME", env!("CARGO_TARGET_TMPDIR"));
    let ran = python.output().unwrap();
    assert_eq!(ran.status.code(), Some(5), "{ran:?}");

    let gone = format!(
        "{TERMINAL}\
        until(b'ready\\r\\n')\n\
        os.close(terminal)\n\
        sys.exit(os.WEXITSTATUS(os.waitpid(pid, 0)[1]))"
    );
    let mut python = Command::new("python3");
    python.args(["-c", &gone, env!("CARGO_BIN_EXE_standin"), "exec", "--", "python3", "-c", HEARS]);
    python.env("XDG_DATA_HOME", env!("CARGO_TARGET_TMPDIR"));
    let ran = python.output().unwrap();
    assert_eq!(ran.status.code(), Some(7), "the terminal is gone: {ran:?}");

    let script = "trap '' HUP; exec \"$0\" exec -- grep SigIgn: /proc/self/status";
    let mut deaf = Command::new("sh");
    deaf.args(["-c", script, env!("CARGO_BIN_EXE_standin")]).current_dir(top());
    let ran = deaf.env("XDG_DATA_HOME", env!("CARGO_TARGET_TMPDIR")).output().unwrap();
    assert!(text(&ran.stdout).trim_end().ends_with('1'), "{ran:?}");
}

/// Runs what it is given at a terminal.
const TERMINAL: &str = "import os, pty, sys\n\
    pid, terminal = pty.fork()\n\
    if pid == 0:\n\
    \x20   os.execv(sys.argv[1], sys.argv[1:])\n\
    said = b''\n\
    def until(word):\n\
    \x20   global said\n\
    \x20   while word not in said:\n\
    \x20       said += os.read(terminal, 1000)\n";

/// A program hears of a key at its terminal by itself, and not from us once more.
#[test]
fn a_key_at_the_terminal_is_heard_once() {
    let hears = "import signal, sys\n\
        heard = []\n\
        signal.signal(signal.SIGINT, lambda *_: (heard.append(1), print('heard', flush=True)))\n\
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(len(heard)))\n\
        print('ready', flush=True)\n\
        while True:\n\
        \x20   signal.pause()";
    let terminal = format!(
        "{TERMINAL}\
        until(b'ready')\n\
        os.write(terminal, bytes([3]))\n\
        until(b'heard')\n\
        os.kill(pid, 15)\n\
        sys.exit(os.WEXITSTATUS(os.waitpid(pid, 0)[1]))"
    );
    let mut python = Command::new("python3");
    python.args(["-c", &terminal, env!("CARGO_BIN_EXE_standin"), "exec", "--", "python3", "-c", hears]);
    python.env("XDG_DATA_HOME", env!("CARGO_TARGET_TMPDIR"));
    let ran = python.output().unwrap();
    assert_eq!(ran.status.code(), Some(1), "{ran:?}");
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

/// Without TLS a name that nobody has is refused in words as well, and one that is allowed is reached.
#[test]
fn plain_http_goes_where_it_may() {
    let ran = exec(&[], &["curl", "-sS", "http://only-http.example.org/"]);
    assert_eq!(text(&ran.stdout), "nobody here answers under only-http.example.org");
    assert!(text(&ran.stderr).contains("\nrefused: only-http.example.org is nobody here"), "{ran:?}");

    // An address of this machine that no program takes for its own.
    let outside = TcpListener::bind("127.0.0.2:0").unwrap();
    let url = format!("http://{}/a", outside.local_addr().unwrap());
    let answering = std::thread::spawn(move || {
        let (mut stream, _) = outside.accept().unwrap();
        let mut head = [0; 5];
        stream.read_exact(&mut head).unwrap();
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nthere").unwrap();
        head
    });
    let ran = exec(&["--allow", "127.0.0.2"], &["curl", "-sS", &url]);
    assert_eq!(text(&ran.stdout), "there", "{ran:?}");
    assert_eq!(&answering.join().unwrap(), b"GET /");

    let ran = exec(&[], &["curl", "-sS", "https://accounts.eu1.gigya.com./", "-o", "/dev/null"]);
    assert!(
        text(&ran.stderr).contains("\ngigya "),
        "the dot at the end says that the name is whole: {ran:?}"
    );
    for host in ["vm:8099", "*.test", "http://a.test/", ""] {
        let ran = exec(&["--allow", host], &["true"]);
        assert_eq!(ran.status.code(), Some(2), "{host}");
        assert!(text(&ran.stderr).contains("is not the name of one host"), "{ran:?}");
    }
}

/// What Gigya refuses is told by its code: the status says nothing.
#[test]
fn the_table_tells_refusals_by_their_code() {
    let ask = "for key in $GIGYA_USER_KEY nobody nobody; do curl -sS https://accounts.eu1.gigya.com/accounts.search \
        -o /dev/null -d apiKey=$GIGYA_API_KEY -d userKey=$key --data-urlencode secret=$GIGYA_SECRET \
        -d 'query=SELECT UID FROM accounts'; done";
    let ran = exec(&[], &["sh", "-c", ask]);
    let expected =
        "\nplatform   call             times  answered\ngigya      accounts.search      3  200, 403005 (2)\n";
    assert_eq!(text(&ran.stderr), expected);
}

/// What a platform of the world does at the drop by itself is not the program's, though both may have one login.
#[test]
fn the_table_tells_what_the_program_did() {
    let folder = tempfile::tempdir().unwrap();
    let world = folder.path().join("world.yaml");
    std::fs::write(
        &world,
        "sftp: { folders: [/eloqua/out] }\n\
         eloqua:\n  contacts: [{ C_EmailAddress: ann@brand.example }]\n\
         \x20 exports: [{ name: changes, folder: /eloqua/out, file: changes.csv, header: internal, \
         user: cdc-batch, password: cdc-batch-password, fields: [C_EmailAddress], every: 1h, starts: 5min }]\n",
    )
    .unwrap();
    let script = "curl -sS -X POST $STANDIN_URL/worlds/main/clock/advance -H 'content-type: application/json' \
        -d '{\"by\":\"90min\"}' -o /dev/null; \
        curl -sS ftp://cdc-batch:cdc-batch-password@127.0.0.1:$FTP_PORT/eloqua/out/changes.csv";
    let ran = exec(&["--world", world.to_str().unwrap(), "--clock", "still"], &["sh", "-c", script]);
    assert!(text(&ran.stdout).contains("ann@brand.example"), "{ran:?}");
    let expected = "\nplatform   call                          times  answered\n\
        drop       read /eloqua/out/changes.csv      1  done\n";
    assert_eq!(text(&ran.stderr), expected);
}

/// A folder for what passes may have blanks in its name.
#[test]
fn blanks_in_the_folder_are_no_ends_of_options() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("a b");
    std::fs::create_dir(&place).unwrap();
    for command in [&["node", "-e", "1"][..], &["java", "-version"]] {
        let there =
            Command::new(command[0]).args(&command[1..]).output().is_ok_and(|ran| ran.status.success());
        if !there {
            continue;
        }
        let ran = program(&[], command).env("TMPDIR", &place).output().unwrap();
        assert!(ran.status.success(), "{ran:?}");
    }
}

/// Programs of all kinds are told whom to trust, and what they were told before stays.
#[test]
fn variables_add_to_what_was_there() {
    let home = tempfile::tempdir().unwrap();
    std::fs::write(home.path().join(".wgetrc"), "tries = 2\n").unwrap();
    let script = "for name in REQUESTS_CA_BUNDLE CURL_CA_BUNDLE AWS_CA_BUNDLE GIT_SSL_CAINFO PIP_CERT HTTPLIB2_CA_CERTS \
        GRPC_DEFAULT_SSL_ROOTS_FILE_PATH NIX_SSL_CERT_FILE PERL_LWP_SSL_CA_FILE; do \
        eval test \\$$name = $SSL_CERT_FILE || echo $name; done; \
        cat $WGETRC; echo $PERL_LWP_ENV_PROXY $NODE_OPTIONS $PYTHONPATH; cat ${PHP_INI_SCAN_DIR#*:}/*.ini; echo $SSL_CERT_FILE";
    let mut standin = program(&[], &["sh", "-c", script]);
    standin.env("HOME", home.path()).env("PYTHONPATH", "/theirs").env("NODE_OPTIONS", "--no-warnings");
    standin.env_remove("WGETRC").env_remove("PHP_INI_SCAN_DIR");
    let said = text(&standin.output().unwrap().stdout);
    let bundle = said.lines().last().unwrap();
    let folder = bundle.trim_end_matches("/bundle.pem");
    let expected = format!(
        "tries = 2\n\nca_certificate = {bundle}\n1 --no-warnings --require={folder}/node.cjs {folder}/python:/theirs\n\
         curl.cainfo='{bundle}'\nopenssl.cafile='{bundle}'\n{bundle}\n"
    );
    assert_eq!(said, expected);
}

/// A Python program that reads no proxy variable, or brings authorities of its own, is led here nevertheless; what it
/// would have run at its start it still runs.
#[test]
fn python_is_led_without_a_proxy() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("sitecustomize.py"), "import builtins\nbuiltins.theirs = 'theirs'\n")
        .unwrap();
    let authorities = authority_of_somebody_else(folder.path());
    let python = "import http.client, os, socket, ssl, sys\n\
        path = '/accounts.getPolicies?apiKey=' + os.environ['GIGYA_API_KEY']\n\
        def ask(connection):\n\
        \x20   connection.request('GET', path)\n\
        \x20   return connection.getresponse().status\n\
        own = ssl.create_default_context(cafile=sys.argv[1])\n\
        stage = tuple(os.environ['STANDIN_TLS'].split(':'))\n\
        away = [socket.create_connection((host, 80)).getpeername() for host in ['192.0.2.1', 'www.example.net']]\n\
        here = socket.create_server(('127.0.0.1', 0))\n\
        near = socket.create_connection(here.getsockname()).getpeername() == here.getsockname()\n\
        try:\n\
        \x20   ask(http.client.HTTPConnection('only.example.net'))\n\
        except http.client.RemoteDisconnected:\n\
        \x20   pass\n\
        print(theirs, ask(http.client.HTTPConnection('accounts.eu1.gigya.com')),\n\
        \x20     ask(http.client.HTTPSConnection('accounts.eu1.gigya.com', context=own)),\n\
        \x20     [(host, str(port)) == stage for host, port in away], near)";
    let mut standin = program(&[], &["python3", "-c", python, authorities.to_str().unwrap()]);
    let ran = standin.env("PYTHONPATH", folder.path()).output().unwrap();
    assert_eq!(text(&ran.stdout), "theirs 200 200 [True, True] True\n", "{ran:?}");
    assert!(text(&ran.stderr).contains("\nrefused: only.example.net is nobody here"), "{ran:?}");
}

/// Who looks a name up first, and says only then to which port, finds the same.
#[test]
fn python_finds_here_what_it_looks_up_without_a_port() {
    let python = "import http.client, os, socket, ssl\n\
        name = 'accounts.eu1.gigya.com'\n\
        path = '/accounts.getPolicies?apiKey=' + os.environ['GIGYA_API_KEY']\n\
        found = [socket.gethostbyname(name), socket.gethostbyname_ex(name)[2][0], socket.getaddrinfo(name, None)[0][4][0]]\n\
        for address in found:\n\
        \x20   secured = ssl.create_default_context().wrap_socket(socket.create_connection((address, 443)), server_hostname=name)\n\
        \x20   connection = http.client.HTTPSConnection(name)\n\
        \x20   connection.sock = secured\n\
        \x20   connection.request('GET', path)\n\
        \x20   print(connection.getresponse().status)\n\
        drop = socket.gethostbyname('sftp.exchange.example')\n\
        print(socket.create_connection((drop, 22)).recv(7), socket.gethostbyname('localhost'), socket.gethostbyname(''))\n\
        try:\n\
        \x20   socket.create_connection((socket.gethostbyname('db.corp.example'), 5432))\n\
        except ConnectionRefusedError as refused:\n\
        \x20   print(refused)";
    let ran = exec(&[], &["python3", "-c", python]);
    assert_eq!(
        text(&ran.stdout),
        "200\n200\n200\nb'SSH-2.0' 127.0.0.1 0.0.0.0\n[Errno 111] nobody here answers under db.corp.example\n",
        "{ran:?}"
    );
}

/// What speaks neither HTTP nor TLS is refused as one that nobody hears, and named; the drop is there under its own name.
#[test]
fn other_protocols_are_refused_or_find_the_drop() {
    let refused = "\nnothing was called\n\
        refused: 192.0.2.1:6379 is nobody here; --allow 192.0.2.1 lets the program reach it\n\
        refused: db.corp.example:5432 is nobody here; --allow db.corp.example lets the program reach it\n";
    let python = "import errno, socket\n\
        drop = ('sftp.exchange.example', 22)\n\
        print(socket.create_connection(drop).recv(7))\n\
        for sock, place in [(None, ('db.corp.example', 5432)), (socket.socket(), ('192.0.2.1', 6379))]:\n\
        \x20   try:\n\
        \x20       sock.connect(place) if sock else socket.create_connection(place)\n\
        \x20   except ConnectionRefusedError as refused:\n\
        \x20       print(refused)\n\
        print(socket.socket().connect_ex(('192.0.2.1', 6379)) == errno.ECONNREFUSED)\n\
        print(socket.create_connection(('login.eloqua.com', 8080)) is not None)";
    let ran = exec(&[], &["python3", "-c", python]);
    assert_eq!(
        text(&ran.stdout),
        "b'SSH-2.0'\n\
         [Errno 111] nobody here answers under db.corp.example\n\
         [Errno 111] nobody here answers under 192.0.2.1\nTrue\nTrue\n",
        "{ran:?}"
    );
    assert_eq!(text(&ran.stderr), refused);

    if Command::new("node").arg("--version").output().is_err() {
        return;
    }
    let script = "const net = require('net');\
        const ask = (...place) => new Promise((done) => {\
        \x20 const socket = new net.Socket();\
        \x20 socket.on('data', (said) => { done(said.toString().slice(0, 7)); socket.destroy(); });\
        \x20 socket.on('error', (refused) => done(refused.message));\
        \x20 socket.connect(...place);\
        });\
        (async () => {\
        \x20 console.log(await ask(22, 'sftp.exchange.example'));\
        \x20 console.log(await ask({ port: 5432, host: 'db.corp.example' }));\
        \x20 console.log(await ask(6379, '192.0.2.1'));\
        })();";
    let ran = exec(&[], &["node", "-e", script]);
    assert_eq!(
        text(&ran.stdout),
        "SSH-2.0\n\
         connect ECONNREFUSED db.corp.example:5432: nobody here answers under db.corp.example\n\
         connect ECONNREFUSED 192.0.2.1:6379: nobody here answers under 192.0.2.1\n",
        "{ran:?}"
    );
    assert_eq!(text(&ran.stderr), refused);
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

    // Port and host apart, as older libraries connect; and authorities of a library's own.
    let folder = tempfile::tempdir().unwrap();
    let authorities = authority_of_somebody_else(folder.path());
    let script = "const socket = new (require('net').Socket)();\
        socket.connect(80, 'www.example.net', () => {\
        \x20 console.log(socket.remoteAddress + ':' + socket.remotePort === process.env.STANDIN_TLS);\
        \x20 socket.destroy();\
        \x20 const ca = require('fs').readFileSync(process.argv[1]);\
        \x20 require('https').get('https://login.eloqua.com/id', { ca }, (answer) => {\
        \x20   console.log(answer.statusCode);\
        \x20   answer.resume();\
        \x20 });\
        });";
    let ran = exec(&[], &["node", "-e", script, authorities.to_str().unwrap()]);
    assert_eq!(text(&ran.stdout), "true\n200\n", "{ran:?}");
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
    // Where it may go outside, it trusts whom the machine trusts.
    let count = "grep -c BEGIN $SSL_CERT_FILE; \
        keytool -list -storepass changeit -keystore ${STANDIN_CA_FILE%/*}/authorities.jks | grep -c trustedCertEntry";
    let ran = exec(&["--allow", "a.test"], &["sh", "-c", count]);
    let counted = text(&ran.stdout);
    let counts: Vec<u32> = counted.lines().map(|line| line.parse().unwrap()).collect();
    assert!(counts.len() == 2 && counts[0] == counts[1] && counts[0] > 1, "{ran:?}");
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
    let told = text(&good.stderr);
    assert!(
        told.contains("ok Ann moved") && !told.contains("clauses shown"),
        "no clause is shown by it: {told}"
    );
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
