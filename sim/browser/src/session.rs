//! One browser from start to quit, and what a person does in it.

use crate::locate::{Kind, LOCATE, PASTE};
use crate::program::{COOKIES, Driver, Program, is_root};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use thirtyfour::{
    By, ChromiumLikeCapabilities, DesiredCapabilities, TimeoutConfiguration, WebDriver, WebElement,
};

/// How long a page may take to show what is waited for.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// How often it is looked at meanwhile.
const LOOK_EVERY: Duration = Duration::from_millis(40);

/// How long the browser may take for one command, a page load included.
const COMMAND: Duration = Duration::from_secs(60);

/// Text longer than this is pasted and not typed.
const TYPED: usize = 1_000;

/// The size and manner of a screen.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Device {
    /// A wide screen and a mouse.
    Desktop,
    /// A tablet held upright.
    Tablet,
    /// A phone held upright.
    Mobile,
}

impl Device {
    /// What a browser on it says that it is: `None` is whatever Chromium says by itself.
    pub fn agent(self) -> Option<&'static str> {
        match self {
            Self::Desktop => None,
            Self::Tablet => Some(
                "Mozilla/5.0 (iPad; CPU OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Safari/604.1",
            ),
            Self::Mobile => Some(
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 \
                 Safari/604.1",
            ),
        }
    }

    /// The size of its screen, where it is not a window.
    fn screen(self) -> Option<(u32, u32)> {
        match self {
            Self::Desktop => None,
            Self::Tablet => Some((820, 1180)),
            Self::Mobile => Some((390, 844)),
        }
    }
}

/// Something that a browser can be told to do without.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Switch {
    /// No scripts.
    NoJavaScript,
    /// No cookies at all.
    NoCookies,
    /// No cookies in frames and calls of other sites.
    NoThirdPartyCookies,
}

/// How a browser is started.
#[derive(Clone, Debug)]
pub struct Options {
    /// The socket that stands for every host.
    pub front: SocketAddr,
    /// The hash of the key that is trusted there.
    pub key_hash: String,
    /// The screen.
    pub device: Device,
    /// What it has to do without.
    pub without: Vec<Switch>,
}

/// The browser could not do what it was told.
#[derive(Debug, thiserror::Error)]
pub enum BrowserError {
    /// Its programs could not be started.
    #[error("the browser does not start")]
    Start(#[source] std::io::Error),
    /// It refused a command.
    #[error("the browser cannot {what}: {why}")]
    Refused {
        /// What it was told.
        what: &'static str,
        /// Its own words.
        why: String,
    },
    /// Nothing on the page is what was meant.
    #[error("no {kind} `{words}` is seen on the page")]
    NotSeen {
        /// `field` or `button`.
        kind: &'static str,
        /// How it was named.
        words: String,
    },
    /// A choice has no such option.
    #[error("`{words}` has no option `{value}`; it has {options}")]
    NoOption {
        /// How the field was named.
        words: String,
        /// What was to be chosen.
        value: String,
        /// What there is.
        options: String,
    },
}

fn refused(what: &'static str) -> impl FnOnce(thirtyfour::error::WebDriverError) -> BrowserError {
    move |error| {
        let told = error.to_string();
        // The driver adds the browser's version and a stack of addresses.
        let told = told.split("Stacktrace").next().unwrap_or_default();
        let said = told.lines().find_map(|line| line.trim().strip_prefix("Message: "));
        let line = said.or_else(|| told.lines().map(str::trim).rfind(|line| !line.is_empty()));
        BrowserError::Refused { what, why: line.unwrap_or_default().to_owned() }
    }
}

/// A running browser. It is asked to quit; dropped without that, its driver is ended.
#[derive(Debug)]
pub struct Session {
    driver: WebDriver,
    _process: Driver,
}

impl Session {
    /// Starts a browser with a profile of its own.
    pub async fn start(program: Program, options: &Options) -> Result<Self, BrowserError> {
        let process = Driver::start().map_err(BrowserError::Start)?;
        let capabilities = capabilities(program, options).map_err(refused("be set up"))?;
        let client = plain_client().map_err(BrowserError::Start)?;
        let builder =
            WebDriver::builder(&process.url, capabilities).request_timeout(2 * COMMAND).client(client);
        let driver = builder.connect().await.map_err(refused("start"))?;
        let limits = TimeoutConfiguration::new(Some(COMMAND), Some(COMMAND), Some(Duration::ZERO));
        driver.update_timeouts(limits).await.map_err(refused("be set up"))?;
        Ok(Self { driver, _process: process })
    }

    /// Ends the browser in order.
    pub async fn quit(self) {
        // Its process is ended in any case.
        let _ = self.driver.quit().await;
    }

    /// Goes to an address. Where nobody answers, the browser shows its own page about that.
    pub async fn go(&self, url: &str) -> Result<(), BrowserError> {
        match self.driver.goto(url).await {
            Err(error) if error.to_string().contains("net::ERR_") => Ok(()),
            gone => gone.map_err(refused("go there")),
        }
    }

    /// Goes back in the history.
    pub async fn back(&self) -> Result<(), BrowserError> {
        self.driver.back().await.map_err(refused("go back"))
    }

    /// Loads the page again.
    pub async fn reload(&self) -> Result<(), BrowserError> {
        self.driver.refresh().await.map_err(refused("load the page again"))
    }

    /// Looks into a frame of the page, or into a frame of that, and so on; with no name at the page itself.
    pub async fn enter(&self, frames: &[&str]) -> Result<(), BrowserError> {
        self.driver.enter_default_frame().await.map_err(refused("leave a frame"))?;
        for frame in frames {
            let selector = match frame.starts_with(['#', '.', '[']) || frame.contains('[') {
                true => (*frame).to_owned(),
                false => format!("iframe[name=\"{frame}\"]"),
            };
            let look = async || self.driver.find(By::Css(selector.as_str())).await.ok();
            let found = waited(look).await;
            let found =
                found.ok_or_else(|| BrowserError::NotSeen { kind: "frame", words: (*frame).to_owned() })?;
            found.enter_frame().await.map_err(refused("enter the frame"))?;
        }
        Ok(())
    }

    /// Types into a field, chooses an option, or sets a check mark (`true` or `false`).
    pub async fn fill(&self, words: &str, value: &str) -> Result<(), BrowserError> {
        let fill = async || match self.fill_now(words, value).await {
            // What was found may have given way to something else meanwhile.
            Err(BrowserError::Refused { .. }) => None,
            done => Some(done),
        };
        match waited(fill).await {
            Some(done) => done,
            None => self.fill_now(words, value).await,
        }
    }

    async fn fill_now(&self, words: &str, value: &str) -> Result<(), BrowserError> {
        let field = self.seen(words, Kind::Field).await?;
        let name = field.tag_name().await.map_err(refused("look at the field"))?;
        let kind = field.prop("type").await.map_err(refused("look at the field"))?.unwrap_or_default();
        if matches!(kind.as_str(), "checkbox" | "radio") {
            let on = field.is_selected().await.map_err(refused("look at the field"))?;
            if on != (value != "false") {
                field.click().await.map_err(refused("click there"))?;
            }
            return Ok(());
        }
        // The driver types characters of the basic plane only, and each one by itself.
        let pasted =
            name == "select" || value.len() > TYPED || value.chars().any(|c| c > '\u{ffff}' || c == '\n');
        if !pasted {
            field.clear().await.map_err(refused("clear the field"))?;
            return field.send_keys(value).await.map_err(refused("type there"));
        }
        let args = vec![field.to_json().map_err(refused("name the field"))?, json!(value)];
        let answer = self.driver.execute(PASTE, args).await.map_err(refused("fill the field"))?;
        match answer.json() {
            Value::Null => Ok(()),
            options => Err(BrowserError::NoOption {
                words: words.to_owned(),
                value: value.to_owned(),
                options: options.to_string(),
            }),
        }
    }

    /// Clicks on something.
    pub async fn click(&self, words: &str) -> Result<(), BrowserError> {
        let click = async || {
            let element = self.locate(words, Kind::Button).await?;
            // Something may lie over it while the page is being put together.
            element.click().await.ok()
        };
        match waited(click).await {
            Some(()) => Ok(()),
            None => {
                let element = self.seen(words, Kind::Button).await?;
                element.click().await.map_err(refused("click there"))
            }
        }
    }

    /// Presses keys where the focus is; `Escape`, `Tab`, `Enter` and the like by their names.
    pub async fn press(&self, keys: &str) -> Result<(), BrowserError> {
        let key = match keys {
            "Escape" => "\u{e00c}",
            "Tab" => "\u{e004}",
            "Enter" => "\u{e007}",
            "Space" => " ",
            "Backspace" => "\u{e003}",
            "ArrowDown" => "\u{e015}",
            "ArrowUp" => "\u{e013}",
            "Shift+Tab" => {
                let chain = self.driver.action_chain();
                let chain = chain.key_down('\u{e008}').send_keys("\u{e004}").key_up('\u{e008}');
                return chain.perform().await.map_err(refused("press keys"));
            }
            typed => typed,
        };
        self.driver.action_chain().send_keys(key).perform().await.map_err(refused("press keys"))
    }

    /// Runs a script in the page and hands out what it returns.
    pub async fn script(&self, script: &str, args: Vec<Value>) -> Result<Value, BrowserError> {
        let answer = self.driver.execute(script, args).await.map_err(refused("run a script"))?;
        Ok(answer.json().clone())
    }

    /// Runs a script that calls its last argument when it is done.
    pub async fn script_with_callback(&self, script: &str) -> Result<Value, BrowserError> {
        let answer = self.driver.execute_async(script, Vec::new()).await.map_err(refused("run a script"))?;
        Ok(answer.json().clone())
    }

    /// What is seen, as a PNG.
    pub async fn screenshot(&self) -> Result<Vec<u8>, BrowserError> {
        self.driver.screenshot_as_png().await.map_err(refused("take a screenshot"))
    }

    /// Looks until `fits` says that what was read is as it should be, or patience ends; gives what was read last.
    pub async fn until(&self, script: &str, fits: impl Fn(&Value) -> bool) -> Result<Value, BrowserError> {
        let (mut last, mut broken) = (Value::Null, None);
        let seen = tokio::time::timeout(PATIENCE, async {
            let mut every = tokio::time::interval(LOOK_EVERY);
            loop {
                every.tick().await;
                match self.script(script, Vec::new()).await {
                    Ok(value) if fits(&value) => return value,
                    Ok(value) => last = value,
                    // While one page gives way to the next there is nothing to look at.
                    Err(error) => broken = Some(error),
                }
            }
        })
        .await;
        match (seen, broken) {
            (Ok(value), _) => Ok(value),
            (Err(_), Some(error)) if last.is_null() => Err(error),
            (Err(_), _) => Ok(last),
        }
    }

    async fn locate(&self, words: &str, kind: Kind) -> Option<WebElement> {
        let args = vec![json!(words), json!(kind.word())];
        self.driver.execute(LOCATE, args).await.ok()?.element().ok()
    }

    async fn seen(&self, words: &str, kind: Kind) -> Result<WebElement, BrowserError> {
        let found = waited(async || self.locate(words, kind).await).await;
        found.ok_or_else(|| BrowserError::NotSeen { kind: kind.word(), words: words.to_owned() })
    }
}

/// Asks again and again until there is something, or patience ends.
async fn waited<T>(ask: impl AsyncFn() -> Option<T>) -> Option<T> {
    let found = tokio::time::timeout(PATIENCE, async {
        let mut every = tokio::time::interval(LOOK_EVERY);
        loop {
            every.tick().await;
            if let Some(found) = ask().await {
                return found;
            }
        }
    });
    found.await.ok()
}

fn capabilities(
    program: Program,
    options: &Options,
) -> thirtyfour::error::WebDriverResult<thirtyfour::Capabilities> {
    let mut wanted = DesiredCapabilities::chrome();
    if let Some(path) = program.path() {
        wanted.set_binary(&path)?;
    }
    wanted.add_arg("--headless=new")?;
    wanted.add_arg("--disable-gpu")?;
    for flag in flags(options.front, &options.key_hash) {
        wanted.add_arg(&flag)?;
    }
    if is_root() {
        // The pages are our own and come from loopback.
        wanted.add_arg("--no-sandbox")?;
        wanted.add_arg("--disable-dev-shm-usage")?;
    }
    match options.device.screen() {
        None => wanted.add_arg("--window-size=1280,900")?,
        Some((width, height)) => {
            let emulated = json!({
                "deviceMetrics": {
                    "width": width, "height": height, "pixelRatio": 2.0, "touch": true, "mobile": true,
                },
                "userAgent": options.device.agent(),
            });
            wanted.add_experimental_option("mobileEmulation", emulated)?;
        }
    }
    let mut preferences = serde_json::Map::new();
    preferences.insert(COOKIES.to_owned(), 0.into());
    for switch in &options.without {
        let (name, value) = match switch {
            Switch::NoJavaScript => ("profile.managed_default_content_settings.javascript", 2),
            Switch::NoCookies => ("profile.default_content_setting_values.cookies", 2),
            Switch::NoThirdPartyCookies => (COOKIES, 1),
        };
        preferences.insert(name.to_owned(), value.into());
    }
    wanted.add_experimental_option("prefs", preferences)?;
    Ok(wanted.into())
}

/// What Chromium has to be told so that every host name leads to `front`, the keys there are trusted, and it asks
/// for nothing by itself.
pub fn flags(front: SocketAddr, key_hash: &str) -> Vec<String> {
    let everywhere = format!("--host-resolver-rules=MAP * {front}");
    let trusted = format!("--ignore-certificate-errors-spki-list={key_hash}");
    let quiet = [
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--disable-default-apps",
        "--no-first-run",
        "--no-default-browser-check",
        "--disable-features=Translate,OptimizationHints,MediaRouter,DialMediaRouteProvider",
    ];
    [everywhere, trusted].into_iter().chain(quiet.map(str::to_owned)).collect()
}

/// The driver is spoken to over loopback alone, so no certificate is trusted and no proxy is asked.
fn plain_client() -> std::io::Result<reqwest::Client> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let tls = builder.map_err(std::io::Error::other)?.with_root_certificates(rustls::RootCertStore::empty());
    let client = reqwest::Client::builder().tls_backend_preconfigured(tls.with_no_client_auth()).no_proxy();
    client.timeout(2 * COMMAND).build().map_err(std::io::Error::other)
}
