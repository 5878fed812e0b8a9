//! What a person does in a real browser.

use crate::chromium::outside;
use crate::compare::compare;
use crate::run::{Run, chain};
use crate::step::{Arg, Args, Miss, Step, Takes, Unmet, needed, optional, unmet};
use crate::surface::locked;
use serde_json::{Map, Value};
use standin_browser::{BrowserError, Device, FACTS, Session, Switch};
use standin_scenario::{Kind, Node};
use std::time::Duration;

const BY: Arg = optional("by", "which person's browser, if there are several");
const FRAME: Arg = optional(
    "frame",
    "the frame of the page to act in, by its name or a CSS selector; ` >> ` leads into a frame of it",
);

/// How much of a page's text a message quotes.
const QUOTED: usize = 600;

/// The way to a page.
pub const BROWSER_VISIT: Step = Step {
    name: "browser_visit",
    summary: "goes to a page in a real browser; the first visit starts it",
    args: &[
        needed("campaign", "the campaign's title").or(&["url"]).takes(Takes::Campaign),
        optional("url", "the address, if it is no campaign's").takes(Takes::Text),
        BY,
        optional("device", "desktop (if it is not given), tablet or mobile; a new device is a new browser")
            .takes(Takes::Word(&["desktop", "tablet", "mobile"])),
        optional("without", "javascript, cookies or third-party-cookies, in a new browser")
            .takes(Takes::Word(&["javascript", "cookies", "third-party-cookies"])),
    ],
    alone: Some("campaign"),
    open: false,
    example: "browser_visit: { campaign: Spring quiz, device: mobile }",
    run: |run, args| {
        let url = match (args.text("url")?, args.get("campaign")) {
            (Some(url), None) => url.to_owned(),
            (None, Some(_)) => campaign(run, args)?,
            _ => return Err(run.mistake(args.node(), "either `campaign` or `url` is wanted here")),
        };
        let name = name_of(args)?;
        let (device, without) = (args.text("device")?, args.text("without")?);
        if !run.chromium.has(&name) || device.is_some() || without.is_some() {
            let device = device_named(device);
            let without = without.map(|word| match word {
                "javascript" => Switch::NoJavaScript,
                "cookies" => Switch::NoCookies,
                _ => Switch::NoThirdPartyCookies,
            });
            run.chromium.start(run.world, &name, device, without)?;
        }
        act(run, args, async |session| session.go(&url).await)
    },
};

/// Typing and choosing.
pub const BROWSER_FILL: Step = Step {
    name: "browser_fill",
    summary: "types into fields of the page; every further member is a field, by its label, name or id",
    args: &[BY, FRAME],
    alone: None,
    open: true,
    example: "browser_fill: { E-mail: ann@brand.example, Password: correct horse }",
    run: |run, args| {
        let others =
            args.node().map()?.iter().filter(|(key, _)| ![BY.name, FRAME.name].contains(&key.name.as_str()));
        let typed: Vec<(String, String)> = others
            .map(|(key, value)| Ok((key.name.clone(), value.plain_text().unwrap_or_default())))
            .collect::<Result<_, Miss>>()?;
        act(run, args, async |session| {
            for (words, value) in &typed {
                session.fill(words, value).await?;
            }
            Ok(())
        })
    },
};

/// Clicking.
pub const BROWSER_CLICK: Step = Step {
    name: "browser_click",
    summary: "clicks on a button, a link or a tab of the page, by its words, its id or a CSS selector",
    args: &[needed("on", "what to click on").takes(Takes::Text), BY, FRAME],
    alone: Some("on"),
    open: false,
    example: "browser_click: Log in",
    run: |run, args| {
        let words = args.need_text("on")?.to_owned();
        act(run, args, async |session| session.click(&words).await)
    },
};

/// Pressing keys.
pub const BROWSER_PRESS: Step = Step {
    name: "browser_press",
    summary: "presses keys where the focus is: Escape, Tab, Shift+Tab, Enter, Space, ArrowDown, ArrowUp, or text",
    args: &[
        needed("key", "the key").takes(Takes::Text),
        optional("times", "how often, once if it is not given").takes(Takes::Number),
        BY,
        FRAME,
    ],
    alone: Some("key"),
    open: false,
    example: "browser_press: Escape",
    run: |run, args| {
        let (key, times) = (args.need_text("key")?.to_owned(), args.number("times")?.unwrap_or(1).min(100));
        act(run, args, async |session| {
            for _ in 0..times {
                session.press(&key).await?;
            }
            Ok(())
        })
    },
};

/// The browser's own buttons.
pub const BROWSER_GO: Step = Step {
    name: "browser_go",
    summary: "goes back in the browser's history, or loads the page again",
    args: &[needed("way", "back or reload").takes(Takes::Word(&["back", "reload"])), BY],
    alone: Some("way"),
    open: false,
    example: "browser_go: back",
    run: |run, args| {
        let back = args.need_text("way")? == "back";
        act(run, args, async |session| if back { session.back().await } else { session.reload().await })
    },
};

/// The page.
pub const BROWSER_EXPECT_PAGE: Step = Step {
    name: "browser_expect_page",
    summary: "holds what a person gets from the page against what is expected; the page is given some time for it",
    args: &[
        BY,
        FRAME,
        optional("shows", "texts that must be seen"),
        optional("hides", "texts that must not be seen").of_absence(),
        optional("host", "the host in the address"),
        optional("path", "the path in the address"),
        optional("title", "the page's title"),
        optional("lang", "the page's language"),
        optional("fields", "what is in the fields that are seen, by name"),
        optional("mistakes", "what is said at fields that are marked as wrong, by name"),
        optional("alerts", "all that is announced at once"),
        optional("focus", "the name or id of what has the focus"),
    ],
    alone: None,
    open: false,
    example: "browser_expect_page: { host: jeux.brand.example, shows: [Thank you], hides: [Log in] }",
    run: |run, args| {
        let wanted = Wanted::read(args)?;
        let facts = {
            let frames = frames(args)?;
            let session = run.chromium.get(&name_of(args)?)?;
            outside(async {
                session.enter(&frames).await?;
                session.until(FACTS, |facts| wanted.first_miss(facts).is_none()).await
            })
        };
        let facts = facts.map_err(lost)?;
        run.world.advance(Duration::ZERO);
        match wanted.first_miss(&facts) {
            None => Ok(format!("at {}", text(&facts, "url"))),
            Some(unmet) => Err(Miss::Unmet(unmet)),
        }
    },
};

/// Something done behind the page.
pub const BROWSER_RUN_SCRIPT: Step = Step {
    name: "browser_run_script",
    summary: "runs a script in the page, once; it fails if the script throws",
    args: &[
        needed("script", "the script, which may return a value or a promise of one").takes(Takes::Text),
        optional(
            "save",
            "members of what it returns to keep for later steps: { uid: UID } is written ${uid} there",
        ),
        BY,
        FRAME,
    ],
    alone: Some("script"),
    open: false,
    example: "browser_run_script: gigya.accounts.showScreenSet({ screenSet: 'Default-RegistrationLogin' })",
    run: |run, args| {
        let script = args.need_text("script")?.to_owned();
        let mut value = Value::Null;
        act(run, args, async |session| {
            value = session.script(&script, Vec::new()).await?;
            Ok(())
        })?;
        run.save(args.get("save"), &value)?;
        Ok("done".to_owned())
    },
};

/// A look behind the page.
pub const BROWSER_EXPECT_SCRIPT: Step = Step {
    name: "browser_expect_script",
    summary: "looks with a script, as often as it takes, and holds what it returns against what is expected",
    args: &[
        needed("script", "the script, which returns a value").takes(Takes::Text),
        needed("is", "what it must return: members that are not named do not matter"),
        BY,
        FRAME,
    ],
    alone: None,
    open: false,
    example: "browser_expect_script: { script: return document.cookie.includes('glt_'), is: true }",
    run: |run, args| {
        let (script, node) = (args.need_text("script")?.to_owned(), args.need("is")?);
        let wanted = node.to_json()?;
        let frames = frames(args)?;
        let session = run.chromium.get(&name_of(args)?)?;
        let value = outside(async {
            session.enter(&frames).await?;
            session.until(&script, |value| compare(&wanted, value).is_ok()).await
        });
        let value = value.map_err(lost)?;
        run.hold(node, &wanted, &value, "what the script returns")?;
        Ok("as expected".to_owned())
    },
};

/// Whether everybody can use the page.
pub const BROWSER_EXPECT_ACCESSIBLE: Step = Step {
    name: "browser_expect_accessible",
    summary: "audits the page with axe: nothing may keep people with assistive technology from using it",
    args: &[BY, FRAME],
    alone: None,
    open: false,
    example: "browser_expect_accessible",
    run: |run, args| {
        let frames = frames(args)?;
        let session = run.chromium.get(&name_of(args)?)?;
        let found = outside(async {
            session.enter(&frames).await?;
            session.audit().await
        });
        let found = found.map_err(lost)?;
        let serious: Vec<String> = found
            .iter()
            .filter(|finding| finding.is_serious())
            .map(|finding| {
                format!(
                    "{} ({}): {} at {}",
                    finding.rule,
                    finding.impact,
                    finding.help,
                    finding.places.join(", ")
                )
            })
            .collect();
        if serious.is_empty() {
            return Ok(match found.len() {
                0 => "nothing was found".to_owned(),
                minor => format!("nothing serious was found, {minor} of less weight"),
            });
        }
        Err(Miss::Unmet(Unmet {
            message: "the page keeps some people out".to_owned(),
            expected: Some("no finding that is serious or critical".to_owned()),
            actual: Some(serious.join("\n")),
            ..Unmet::default()
        }))
    },
};

/// The device that a step names.
pub(super) fn device_named(name: Option<&str>) -> Device {
    match name {
        Some("mobile") => Device::Mobile,
        Some("tablet") => Device::Tablet,
        _ => Device::Desktop,
    }
}

fn name_of(args: &Args<'_>) -> Result<String, Miss> {
    Ok(args.text(BY.name)?.unwrap_or("somebody").to_owned())
}

fn frames<'a>(args: &Args<'a>) -> Result<Vec<&'a str>, Miss> {
    Ok(args.text(FRAME.name)?.map(|path| path.split(" >> ").map(str::trim).collect()).unwrap_or_default())
}

fn campaign(run: &Run<'_>, args: &Args<'_>) -> Result<String, Miss> {
    let title = args.need_text("campaign")?;
    let qualifio = locked(&run.world.parts().qualifio);
    let url = qualifio.campaign_of(title).and_then(|id| qualifio.player_url(id));
    url.ok_or_else(|| super::qualifio::no_campaign(args, title))
}

/// Lets the browser do something in the frame that the step names, and the world what falls due with it.
fn act(
    run: &mut Run<'_>,
    args: &Args<'_>,
    what: impl AsyncFnOnce(&Session) -> Result<(), BrowserError>,
) -> Result<String, Miss> {
    let frames = frames(args)?;
    let session = run.chromium.get(&name_of(args)?)?;
    let done = outside(async {
        session.enter(&frames).await?;
        what(session).await
    });
    done.map_err(lost)?;
    run.world.advance(Duration::ZERO);
    Ok("done".to_owned())
}

/// The browser could not do it: what was on the page belongs to the message.
fn lost(error: BrowserError) -> Miss {
    match error {
        BrowserError::Start(_) => Miss::Broken(chain(&error)),
        other => unmet(chain(&other)),
    }
}

fn text<'v>(facts: &'v Value, member: &str) -> &'v str {
    facts[member].as_str().unwrap_or_default()
}

/// What a page must be like.
struct Wanted<'a> {
    shows: Vec<(&'a Node, String)>,
    hides: Vec<(&'a Node, String)>,
    rest: Map<String, Value>,
    node: &'a Node,
}

impl<'a> Wanted<'a> {
    fn read(args: &Args<'a>) -> Result<Self, Miss> {
        let texts = |name: &str| -> Result<Vec<(&'a Node, String)>, Miss> {
            let Some(node) = args.get(name) else { return Ok(Vec::new()) };
            let one = |node: &'a Node| Ok((node, words(node.text()?)));
            match &node.kind {
                Kind::List(items) => items.iter().map(one).collect(),
                _ => Ok(vec![one(node)?]),
            }
        };
        let mut rest = Map::new();
        for name in ["host", "path", "title", "lang", "fields", "mistakes", "alerts", "focus"] {
            if let Some(value) = args.json(name)? {
                rest.insert(name.to_owned(), value);
            }
        }
        Ok(Self { shows: texts("shows")?, hides: texts("hides")?, rest, node: args.node() })
    }

    /// The first of it that is not so, with its place in the scenario.
    fn first_miss(&self, facts: &Value) -> Option<Unmet> {
        if let Err(difference) = compare(&Value::Object(self.rest.clone()), facts) {
            return Some(Unmet {
                message: format!("the page {} is not as expected at {}", text(facts, "url"), difference.path),
                expected: Some(difference.expected),
                actual: Some(difference.actual),
                span: self.node.at_path(&difference.path),
                path: difference.path,
            });
        }
        let page = text(facts, "text");
        let missing = self.shows.iter().find(|(_, wanted)| !page.contains(wanted.as_str()));
        let extra = self.hides.iter().find(|(_, unwanted)| page.contains(unwanted.as_str()));
        let (node, wanted, verb) = match (missing, extra) {
            (Some((node, wanted)), _) => (node, wanted, "does not show"),
            (None, Some((node, unwanted))) => (node, unwanted, "shows"),
            (None, None) => return None,
        };
        let quoted: String = page.chars().take(QUOTED).collect();
        Some(Unmet {
            message: format!("the page {} {verb} `{wanted}`", text(facts, "url")),
            expected: None,
            actual: Some(format!("it reads: {quoted}")),
            span: Some(node.span),
            ..Unmet::default()
        })
    }
}

/// Words as a page shows them: with single spaces.
fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
