//! Chromium and its driver on this machine.

use serde_json::json;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use tempfile::TempDir;

/// The names under which systems install the browser, the usual one first.
const BROWSERS: &[&str] = &["chromium", "chromium-browser", "google-chrome"];
const DRIVER: &str = "chromedriver";

/// The preference by which a profile blocks third-party cookies; 0 is not at all.
pub(crate) const COOKIES: &str = "profile.cookie_controls_mode";

/// The file of a profile's preferences, below its folder.
pub const PREFERENCES: &str = "Default/Preferences";

/// How often the driver is started before it is given up.
const ATTEMPTS: usize = 3;

/// How many lines the driver may say before it names its port.
const LINES: usize = 20;

/// No browser can be started here.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error(
    "{program} is not installed; Debian and Ubuntu have it in the packages `chromium` and `chromium-driver`"
)]
pub struct Missing {
    /// What is not there.
    pub program: &'static str,
}

/// The two programs.
#[derive(Clone, Copy, Debug)]
pub struct Program {
    /// The browser's command.
    pub browser: &'static str,
}

impl Program {
    /// Looks for both, once in the life of the process.
    pub fn find() -> Result<Self, Missing> {
        static FOUND: OnceLock<Result<Program, Missing>> = OnceLock::new();
        FOUND.get_or_init(Self::look).clone()
    }

    fn look() -> Result<Self, Missing> {
        if !answers(DRIVER) {
            return Err(Missing { program: DRIVER });
        }
        let browser = BROWSERS.iter().find(|name| answers(name));
        browser.map(|browser| Self { browser }).ok_or(Missing { program: BROWSERS[0] })
    }
}

impl Program {
    /// Opens a window for a person, with a new profile in `folder`, until the person closes it or the value is dropped.
    pub fn window(&self, folder: &Path, flags: &[String], url: &str) -> std::io::Result<Window> {
        let shown = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        // Without a display the browser starts and ends at once, and says so to nobody.
        if cfg!(target_os = "linux") && !shown("DISPLAY") && !shown("WAYLAND_DISPLAY") {
            return Err(std::io::Error::other(
                "there is no display, neither DISPLAY nor WAYLAND_DISPLAY is set",
            ));
        }
        std::fs::create_dir_all(folder.join("Default"))?;
        std::fs::write(folder.join(PREFERENCES), preferences())?;
        let mut command = Command::new(self.browser);
        command.arg(format!("--user-data-dir={}", folder.display())).args(flags);
        if is_root() {
            command.arg("--no-sandbox");
        }
        command.arg(url);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().map(Window)
    }

    /// The browser's file, where the driver would not find it by itself.
    pub(crate) fn path(&self) -> Option<String> {
        let asked =
            Command::new("which").arg(self.browser).stdin(Stdio::null()).stderr(Stdio::null()).output();
        let path = String::from_utf8(asked.ok()?.stdout).ok()?.trim().to_owned();
        (!path.is_empty()).then_some(path)
    }
}

/// What a new profile is to say, which no flag can: some builds block third-party cookies unless they are told otherwise,
/// and sites of a group share their sessions by them.
pub fn preferences() -> String {
    let (section, name) = COOKIES.split_once('.').unwrap_or_default();
    json!({section: {name: 0}}).to_string()
}

/// Chromium's sandbox refuses to run as root.
pub(crate) fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
}

/// A browser that a person looks at.
#[derive(Debug)]
pub struct Window(Child);

impl Drop for Window {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn answers(name: &str) -> bool {
    let mut asked = Command::new(name);
    asked.arg("--version").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    asked.status().is_ok_and(|status| status.success())
}

/// A driver that runs until it is dropped.
#[derive(Debug)]
pub(crate) struct Driver {
    process: Child,
    pub(crate) url: String,
    /// Where it and its browsers keep what they forget to remove.
    _leavings: TempDir,
}

impl Driver {
    /// Starts one on a port of the system's choice. It chooses the port before it listens there, so somebody may
    /// have taken it meanwhile.
    pub(crate) fn start() -> std::io::Result<Self> {
        (1..ATTEMPTS).find_map(|_| Self::try_start().ok()).map_or_else(Self::try_start, Ok)
    }

    fn try_start() -> std::io::Result<Self> {
        let leavings = tempfile::tempdir()?;
        let mut process = Command::new(DRIVER)
            .env("TMPDIR", leavings.path())
            .args(["--port=0", "--log-level=WARNING"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let told = process.stdout.take().map(|out| BufReader::new(out).lines().take(LINES));
        let port = told.into_iter().flatten().map_while(Result::ok).find_map(|line| port(&line));
        // From here on it is ended with this value, whatever happens.
        let mut driver = Self { process, url: String::new(), _leavings: leavings };
        let port = port.ok_or_else(|| std::io::Error::other(format!("{DRIVER} named no port")))?;
        driver.url = format!("http://127.0.0.1:{port}");
        Ok(driver)
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The port in `ChromeDriver was started successfully on port 41234.`
fn port(line: &str) -> Option<u16> {
    line.split_once("successfully on port ")?.1.trim_end_matches('.').parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_driver_names_its_port() {
        for (line, expected) in [
            ("ChromeDriver was started successfully on port 41234.", Some(41_234)),
            ("Starting ChromeDriver 148.0 on port 0", None),
        ] {
            assert_eq!(port(line), expected);
        }
    }

    #[test]
    fn a_window_lets_sites_of_a_group_share_cookies() {
        assert_eq!(preferences(), r#"{"profile":{"cookie_controls_mode":0}}"#);
    }

    #[test]
    fn what_is_missing_is_named_with_its_packages() {
        assert_eq!(
            Missing { program: DRIVER }.to_string(),
            "chromedriver is not installed; Debian and Ubuntu have it in the packages `chromium` and `chromium-driver`"
        );
        assert!(!answers("no-such-program-anywhere"));
    }
}
