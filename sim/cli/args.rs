//! What may be typed.

use crate::run::choose::Shard;
use clap::builder::{PossibleValue, TypedValueParser};
use clap::{Arg, Args, Parser, Subcommand, ValueEnum, ValueHint};
use standin_conform::verify::ROLES;
use standin_report::FORMATS;
use standin_serve::front::plain_name;
use standin_stage::Transport;
use std::ffi::OsStr;
use std::net::IpAddr;
use std::num::NonZeroUsize;
use std::path::PathBuf;

/// Stand-ins for Gigya, Qualifio and Eloqua on one stage, with the real sync logic between them.
#[derive(Parser)]
#[command(
    name = "standin",
    version,
    after_help = "\
Examples:
  standin run                                 all scenarios under scenarios/
  standin run scenarios/mapping --steps       some of them, step by step
  standin run --report junit=out.xml          with a report for CI
  standin check my.yaml                       is it well written?
  standin list steps                          what a scenario can say
  standin list clauses QG-MAP                 what the articles promise, and which scenarios show it
  standin new scenario my.yaml                a scenario to begin with
  standin dataflow check flow.json            would IdentitySync take it?
  standin dataflow explain flow.json          what it does, step by step
  standin dataflow run flow.json --dry-run    what it would write at the real endpoints
  standin serve --env-file .env               the platforms on loopback, for any program
  standin serve --browse                      and a browser that finds every host name there
  standin exec -- python3 sync.py             any program, with the platforms in place of the vendors' hosts
  standin verify loader ours.yaml             does our program keep what the articles promise?

Exit codes: 0 all held, 1 an expectation failed, 2 the command line or a file is wrong, 3 the harness broke."
)]
pub(crate) struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// The commands.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Runs scenarios against embedded fakes and reports what came of them
    Run(RunCommand),
    /// Checks scenario files without running them
    Check(CheckCommand),
    /// Shows what there is: steps, endpoints, components, clauses, rules, evidence, knobs, faults, reports, schemas, roles, cases, operations
    List(ListCommand),
    /// Checks and explains the dataflows of IdentitySync
    #[command(subcommand)]
    Dataflow(DataflowCommand),
    /// Serves the platforms and the file drop on loopback until Ctrl-C
    Serve(ServeCommand),
    /// Runs any program, unchanged, with the platforms in the place of the vendors' hosts
    Exec(ExecCommand),
    /// Holds a system of one's own in one role against what the articles promise
    Verify(VerifyCommand),
    /// Tells which clauses stand differently in two JSON reports
    Compare(CompareCommand),
    /// Writes a file to begin with
    #[command(subcommand)]
    New(NewCommand),
    /// Prints the certificate authority that vouches for the platforms' names, and keeps it on this machine
    Ca(CaCommand),
    /// Writes what a shell needs to complete the command line
    Completions(CompletionsCommand),
    /// Writes the manual
    Man(ManCommand),
}

/// How worlds are made.
#[derive(Args, Clone)]
pub(crate) struct WorldOptions {
    /// Sets a knob, see `standin list knobs`; may be given several times
    #[arg(long = "set", value_name = "KNOB=VALUE", value_parser = knob)]
    pub(crate) set: Vec<(String, String)>,
    /// Where identifiers start: the same seed gives the same identifiers and journal
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    pub(crate) seed: u64,
}

/// `standin run`.
#[derive(Args)]
pub(crate) struct RunCommand {
    /// Scenario files, or folders with them
    #[arg(value_name = "PATH", default_value = "scenarios")]
    pub(crate) paths: Vec<PathBuf>,
    /// `wire`: real HTTP and SSH over loopback; `memory`: the same fakes called directly
    #[arg(long, value_enum, default_value_t = Way::Wire)]
    pub(crate) transport: Way,
    /// Only scenarios whose name contains this text; may be given several times
    #[arg(long, value_name = "TEXT")]
    pub(crate) only: Vec<String>,
    /// Only scenarios with this tag; may be given several times
    #[arg(long, value_name = "TAG")]
    pub(crate) tag: Vec<String>,
    /// Only scenarios that show this clause; may be given several times
    #[arg(long, value_name = "ID")]
    pub(crate) clause: Vec<String>,
    /// Writes a report: html, junit, json, markdown or tap, see `standin list reports`; may be given several times
    #[arg(long, value_name = "FORMAT=FILE", value_parser = REPORT, hide_possible_values = true)]
    pub(crate) report: Vec<(String, String)>,
    /// Runs so many scenarios at the same time, as many as there are cores if it is not given; nothing else changes
    #[arg(long, short, value_name = "NUMBER", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(crate) jobs: Option<u16>,
    /// Runs one of N parts: which scenarios are in it depends on their file and name alone
    #[arg(long, value_name = "K/N")]
    pub(crate) shard: Option<Shard>,
    /// Runs each scenario so often, with the same seed: it holds if it holds each time, by the same journal
    #[arg(long, value_name = "NUMBER", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(crate) repeat: u32,
    /// Stops after the first scenario that does not hold; the rest is reported as skipped
    #[arg(long)]
    pub(crate) fail_fast: bool,
    /// Fails scenarios that need a browser where there is none, instead of skipping them
    #[arg(long)]
    pub(crate) require_browser: bool,
    /// Where screenshots of failed steps are kept
    #[arg(long, value_name = "FOLDER", default_value = "screenshots")]
    pub(crate) screenshots: PathBuf,
    /// Shows every step
    #[arg(long)]
    pub(crate) steps: bool,
    /// Shows only what did not hold, and the last line
    #[arg(long, short)]
    pub(crate) quiet: bool,
    /// Leaves durations out, so that two runs read the same
    #[arg(long)]
    pub(crate) timeless: bool,
    #[command(flatten)]
    pub(crate) world: WorldOptions,
}

/// `standin check`.
#[derive(Args)]
pub(crate) struct CheckCommand {
    /// Scenario files, or folders with them
    #[arg(value_name = "PATH", default_value = "scenarios")]
    pub(crate) paths: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) world: WorldOptions,
}

/// `standin dataflow`.
#[derive(Subcommand)]
pub(crate) enum DataflowCommand {
    /// Checks dataflow files as a compiler does: warnings and errors at their places
    Check(DataflowCheckCommand),
    /// Shows the graph of a dataflow and says what each step does
    Explain(DataflowExplainCommand),
    /// Runs a dataflow against real endpoints
    Run(Box<DataflowRunCommand>),
}

/// `standin dataflow run`.
#[derive(Args)]
#[command(after_help = "\
Secrets never stand on the command line. They come from the file of --secrets, else from the environment:
  GIGYA_SECRET           the secret of the user key
  SFTP_PASSWORD          the password of every SFTP step that has none
  SFTP_PRIVATE_KEY       the private key of such steps, and SFTP_PASSPHRASE its passphrase
  FTP_PASSWORD           the password of every FTP step that has none; it travels unencrypted
  TO_DROP_PASSWORD       parameter `password` of step `to drop`; in the file also `to drop.password=...`
GIGYA_API_KEY, GIGYA_USER_KEY, GIGYA_DATA_CENTER, GIGYA_URL, SFTP_HOST, SFTP_PORT, SFTP_USER and SFTP_HOST_KEY
stand in for the options of that name: the file that `standin serve --env-file` writes is all that a run needs.

Nothing is remembered from run to run: without --full or --since, what changed in the last 24 hours is read.

Exit codes: 0 the job succeeded, 1 it failed or was stopped, 2 the command line or a file is wrong,
3 it could not be started here.")]
pub(crate) struct DataflowRunCommand {
    /// A dataflow file, as the console exports it
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// The site
    #[arg(long, value_name = "KEY", help_heading = "Gigya")]
    pub(crate) api_key: Option<String>,
    /// Key of the user or application that calls
    #[arg(long, value_name = "KEY", help_heading = "Gigya")]
    pub(crate) user_key: Option<String>,
    /// Where the site lives: us1 if it is not given, eu1, au1, ...
    #[arg(long, value_name = "NAME", help_heading = "Gigya")]
    pub(crate) data_center: Option<String>,
    /// A server that takes all calls in place of Gigya's own hosts
    #[arg(long, value_name = "URL", help_heading = "Gigya")]
    pub(crate) gigya_url: Option<String>,
    /// The server of every SFTP step, in place of those that the dataflow names
    #[arg(long, value_name = "HOST:PORT", help_heading = "SFTP")]
    pub(crate) sftp: Option<String>,
    /// The login at the server of --sftp
    #[arg(long, value_name = "NAME", help_heading = "SFTP")]
    pub(crate) sftp_user: Option<String>,
    /// A private key for SFTP steps that have none
    #[arg(long, value_name = "FILE", help_heading = "SFTP")]
    pub(crate) sftp_key: Option<PathBuf>,
    /// The host keys that are trusted, as OpenSSH keeps them; ~/.ssh/known_hosts if it is not given
    #[arg(long, value_name = "FILE", help_heading = "SFTP")]
    pub(crate) known_hosts: Option<PathBuf>,
    /// The only host key that is trusted
    #[arg(long, value_name = "SHA256:...", conflicts_with = "known_hosts", help_heading = "SFTP")]
    pub(crate) host_key: Option<String>,
    /// Secrets and places as NAME=VALUE lines
    #[arg(long, value_name = "FILE")]
    pub(crate) secrets: Option<PathBuf>,
    /// Reads everything
    #[arg(long)]
    pub(crate) full: bool,
    /// Reads what changed since then: 2026-01-05T08:00:00Z
    #[arg(long, value_name = "TIME", conflicts_with = "full")]
    pub(crate) since: Option<String>,
    /// Reads at most so many records
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) limit: Option<u64>,
    /// Reads and transforms, writes nothing, and shows what it would write
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// How often the job is tried where something cannot be reached
    #[arg(long, value_name = "NUMBER", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=20))]
    pub(crate) attempts: u32,
    /// Shows the job's trace, as much as this level tells
    #[arg(long, value_name = "LEVEL", value_enum)]
    pub(crate) trace: Option<TraceLevel>,
    /// The outcome as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// How much a trace tells.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum TraceLevel {
    /// What went wrong
    Error,
    /// And what each step did
    Info,
    /// And the first records between every two steps
    Debug,
}

/// `standin dataflow check`.
#[derive(Args)]
pub(crate) struct DataflowCheckCommand {
    /// Dataflow files, as the console exports them
    #[arg(value_name = "FILE", required = true)]
    pub(crate) files: Vec<PathBuf>,
}

/// `standin dataflow explain`.
#[derive(Args)]
pub(crate) struct DataflowExplainCommand {
    /// A dataflow file, as the console exports it
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// Draws the graph into a file
    #[arg(long, value_name = "FILE")]
    pub(crate) svg: Option<PathBuf>,
}

/// `standin list`.
#[derive(Args)]
pub(crate) struct ListCommand {
    /// What to show
    #[arg(value_enum)]
    pub(crate) what: What,
    /// Only what has this text in its name; may be given several times
    #[arg(value_name = "NAME")]
    pub(crate) names: Vec<String>,
    /// As JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// For `clauses`: the scenarios that are looked at
    #[arg(long, value_name = "PATH", default_value = "scenarios")]
    pub(crate) scenarios: Vec<PathBuf>,
}

/// `standin serve`.
#[derive(Args)]
#[command(after_help = "\
The control API makes, seeds, forks and resets worlds, many at once in one server;
GET /openapi.json at STANDIN_URL describes it. Others on the network are answered only where
--listen names an address that they reach, and the control API then asks for the token of
--token-file or of STANDIN_TOKEN.")]
pub(crate) struct ServeCommand {
    /// A world file that seeds the platforms
    #[arg(long, value_name = "FILE")]
    pub(crate) world: Option<PathBuf>,
    /// Writes the addresses and credentials as NAME=VALUE lines
    #[arg(long, value_name = "FILE")]
    pub(crate) env_file: Option<PathBuf>,
    /// First of seven ports in a row, eight with --tls; without it the system chooses each
    #[arg(long, value_name = "PORT", default_value_t = 0)]
    pub(crate) port: u16,
    /// The address to listen on; other than loopback it needs a token
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1")]
    pub(crate) listen: IpAddr,
    /// A file with the token that callers of the control API have to show
    #[arg(long, value_name = "FILE")]
    pub(crate) token_file: Option<PathBuf>,
    /// The most worlds at once
    #[arg(long, value_name = "NUMBER", default_value = "4096")]
    pub(crate) worlds: NonZeroUsize,
    /// Answers under all host names of the platforms on one more socket, with TLS by an authority of its own
    #[arg(long)]
    pub(crate) tls: bool,
    /// Writes the certificate of that authority, for programs that shall trust it; brings --tls
    #[arg(long, value_name = "FILE")]
    pub(crate) ca_file: Option<PathBuf>,
    /// Opens Chromium on the stage's page, with every host name leading here; brings --tls
    #[arg(long)]
    pub(crate) browse: bool,
    /// `wall`: time passes as on the wall; `still`: it stands until the control API moves it
    #[arg(long, value_enum, default_value_t = Time::Wall)]
    pub(crate) clock: Time,
    #[command(flatten)]
    pub(crate) options: WorldOptions,
}

/// `standin exec`.
#[derive(Args)]
#[command(after_help = "\
The program finds its proxy and whom to trust in the variables that programs read: HTTPS_PROXY,
SSL_CERT_FILE, REQUESTS_CA_BUNDLE, CURL_CA_BUNDLE, WGETRC, JAVA_TOOL_OPTIONS and their like; and
the platforms' addresses and credentials in those that `standin serve` prints. Node (NODE_OPTIONS)
and Python (PYTHONPATH) are led here even where they look at no proxy. Other hosts are refused, and
named at the end. Not held back is what looks at none of these variables: PHP's file_get_contents,
Python with -I, -E, -S or uvloop, Java's clients that take no system properties, and static binaries
that read no HTTPS_PROXY.

Exit code: that of the program; if it is 0 and what --expect expects does not hold, 1.")]
pub(crate) struct ExecCommand {
    /// A world file that seeds the platforms
    #[arg(long, value_name = "FILE")]
    pub(crate) world: Option<PathBuf>,
    /// Checks the expectations of a scenario against what the program did; its world is used unless --world is given
    #[arg(long, value_name = "SCENARIO")]
    pub(crate) expect: Option<PathBuf>,
    /// A host of the world outside that the program may reach; may be given several times
    #[arg(long, value_name = "HOST", value_parser = outside)]
    pub(crate) allow: Vec<String>,
    /// `wall`: time passes as on the wall; `still`: it stands until the control API moves it
    #[arg(long, value_enum, default_value_t = Time::Wall)]
    pub(crate) clock: Time,
    #[command(flatten)]
    pub(crate) options: WorldOptions,
    /// The program and its arguments
    #[arg(
        value_name = "COMMAND",
        value_hint = ValueHint::CommandWithArguments,
        required = true,
        trailing_var_arg = true,
        allow_hyphen_values = true
    )]
    pub(crate) command: Vec<String>,
}

/// `standin verify`.
#[derive(Args)]
#[command(after_help = "\
The file says what the system is and what it leaves out; `standin new verify ROLE` writes a commented one.

Exit codes: 0 no clause is broken, 1 a clause is broken, 2 the command line or a file is wrong, 3 the harness broke, \
130 it was stopped by a signal.")]
pub(crate) struct VerifyCommand {
    /// What the system is, see `standin list roles`
    #[arg(value_name = "ROLE", value_parser = ROLE, hide_possible_values = true)]
    pub(crate) role: String,
    /// The partner's file; for csv also the files themselves
    #[arg(value_name = "FILE", required = true)]
    pub(crate) files: Vec<PathBuf>,
    /// Only this clause; may be given several times
    #[arg(long, value_name = "ID")]
    pub(crate) clause: Vec<String>,
    /// Writes a report, see `standin list reports`; may be given several times
    #[arg(long, value_name = "FORMAT=FILE", value_parser = REPORT, hide_possible_values = true)]
    pub(crate) report: Vec<(String, String)>,
    /// Tries so many cases at the same time, as many as there are cores if it is not given
    #[arg(long, short, value_name = "NUMBER", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(crate) jobs: Option<u16>,
    /// Lets the roles gigya and eloqua write, to records that they make themselves
    #[arg(long)]
    pub(crate) allow_writes: bool,
    /// Lets headless Chromium try what people see, too; the role login-page
    #[arg(long)]
    pub(crate) browser: bool,
    /// Shows every case and every step
    #[arg(long)]
    pub(crate) steps: bool,
    #[command(flatten)]
    pub(crate) world: WorldOptions,
}

/// `standin compare`.
#[derive(Args)]
#[command(after_help = "\
Exit codes: 0 no clause that was kept is broken now, 1 one is, 2 the command line or a file is wrong.")]
pub(crate) struct CompareCommand {
    /// The report from before, as --report json=FILE wrote it
    #[arg(value_name = "OLD.json")]
    pub(crate) old: PathBuf,
    /// The report from now
    #[arg(value_name = "NEW.json")]
    pub(crate) new: PathBuf,
}

/// `standin new`.
#[derive(Subcommand)]
pub(crate) enum NewCommand {
    /// A scenario that runs, with a word on every part
    Scenario(NewScenarioCommand),
    /// A partner's file for `standin verify`, with a word on every part
    Verify(NewVerifyCommand),
}

/// `standin new scenario`.
#[derive(Args)]
pub(crate) struct NewScenarioCommand {
    /// Where; a file that is there stays as it is. Without it, the text is printed
    #[arg(value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
}

/// `standin new verify`.
#[derive(Args)]
pub(crate) struct NewVerifyCommand {
    /// The role
    #[arg(value_name = "ROLE", value_parser = ROLE, hide_possible_values = true)]
    pub(crate) role: String,
    /// Where; a file that is there stays as it is. Without it, the text is printed
    #[arg(value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
}

/// `standin ca`.
#[derive(Args)]
pub(crate) struct CaCommand {
    /// Removes it from this machine
    #[arg(long)]
    pub(crate) forget: bool,
}

/// `standin completions`.
#[derive(Args)]
pub(crate) struct CompletionsCommand {
    /// For which shell
    #[arg(value_enum)]
    pub(crate) shell: clap_complete::Shell,
}

/// `standin man`.
#[derive(Args)]
pub(crate) struct ManCommand {
    /// Where a page for each command is written; without it, the first page is printed
    #[arg(value_name = "FOLDER")]
    pub(crate) folder: Option<PathBuf>,
}

/// The transports.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Way {
    /// Real HTTP and SSH over loopback
    Wire,
    /// The same fakes, called directly
    Memory,
}

impl Way {
    /// The stage's word for it.
    pub(crate) fn transport(self) -> Transport {
        match self {
            Self::Wire => Transport::Wire,
            Self::Memory => Transport::Memory,
        }
    }
}

/// How time passes in `serve`.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Time {
    /// As on the wall
    Wall,
    /// Not by itself
    Still,
}

/// What can be listed.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum What {
    /// What a scenario can say
    Steps,
    /// What the fakes answer to
    Endpoints,
    /// What a dataflow can be made of
    Components,
    /// What the vendors' articles promise, and which scenarios show it
    Clauses,
    /// The mapping rows from Qualifio to Gigya
    Rules,
    /// How we know what we imitate
    Evidence,
    /// What can be set
    Knobs,
    /// What can go wrong on purpose
    Faults,
    /// The formats of `--report`
    Reports,
    /// JSON Schemas: `list schema report`, `scenario`, `world` or `verify` prints one
    Schema,
    /// What a partner's system can be in `standin verify`
    Roles,
    /// What a partner's system is put through in `standin verify`: `list cases dataflow/out-values` shows one
    Cases,
    /// What the control API of `standin serve` does
    Operations,
}

/// What is read in a way of its own, and the words that shells offer for it.
#[derive(Clone)]
struct Offered<T> {
    read: fn(&str) -> Result<T, String>,
    words: fn() -> Vec<PossibleValue>,
}

/// Whether a role is known is told where it is used, with more of an answer.
const ROLE: Offered<String> = Offered {
    read: |text| Ok(text.to_owned()),
    words: || ROLES.iter().map(|role| PossibleValue::new(role.name).help(role.summary)).collect(),
};

/// The file comes behind the word.
const REPORT: Offered<(String, String)> = Offered {
    read: report,
    words: || FORMATS.iter().map(|format| PossibleValue::new(format!("{}=", format.name))).collect(),
};

impl<T: Clone + Send + Sync + 'static> TypedValueParser for Offered<T> {
    type Value = T;

    fn parse_ref(&self, command: &clap::Command, arg: Option<&Arg>, value: &OsStr) -> Result<T, clap::Error> {
        self.read.parse_ref(command, arg, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new((self.words)().into_iter()))
    }
}

fn knob(text: &str) -> Result<(String, String), String> {
    pair(text).ok_or_else(|| format!("`{text}` is not KNOB=VALUE"))
}

fn report(text: &str) -> Result<(String, String), String> {
    let known: Vec<&str> = FORMATS.iter().map(|format| format.name).collect();
    let wrong = || format!("`{text}` is not FORMAT=FILE; formats: {}", known.join(", "));
    let (format, file) = pair(text).filter(|(_, file)| !file.is_empty()).ok_or_else(wrong)?;
    match file.as_str() {
        "-" => Err("a report goes into a file, and `-` is none".to_owned()),
        _ => Ok((format, file)),
    }
}

fn pair(text: &str) -> Option<(String, String)> {
    let (name, value) = text.split_once('=').filter(|(name, _)| !name.is_empty())?;
    Some((name.to_owned(), value.to_owned()))
}

/// A host of the world outside, as names are compared.
fn outside(text: &str) -> Result<String, String> {
    let name = plain_name(text);
    let label = |label: &str| {
        !label.is_empty() && label.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c))
    };
    if name.parse::<IpAddr>().is_ok() || name.split('.').all(label) {
        return Ok(name);
    }
    Err(format!(
        "`{text}` is not the name of one host: no scheme, no port, no path and no pattern stand here"
    ))
}
