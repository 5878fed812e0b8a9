//! What an operator of Qualifio does, and what is expected of statistics and push log.

use crate::step::{Args, Miss, Step, Takes, needed, optional};
use crate::surface::locked;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Any call to the manager.
pub const QUALIFIO_CALL: Step = Step {
    name: "qualifio_call",
    summary: "calls Qualifio's manager as an operator, or its API with a token, and holds the answer against what is expected",
    args: &[
        needed(
            "call",
            "method and path, such as PUT /manager/api/integrations/gigya-sso or GET /v1/gdpr/profiles",
        ),
        optional("as", "the operator, `admin` if it is not given"),
        optional("token", "for paths below /v1/: the X-Api-Token, none if it is not given"),
        optional("body", "what is sent, as JSON"),
        optional("expect_status", "the HTTP status expected, 200 if it is not given").takes(Takes::Number),
        optional("expect", "members of the answer"),
        optional(
            "save",
            "members of the answer to keep for later steps: { uid: UID } is written ${uid} there",
        ),
        optional("never", "text that must not occur in the answer"),
    ],
    alone: None,
    open: false,
    example: "qualifio_call: { call: GET /manager/api/integrations/gigya-sso, as: marketer, expect_status: 403 }",
    run: |run, args| {
        let call = args.need_text("call")?;
        let operator = args.text("as")?.unwrap_or("admin");
        let (host, headers) = match path(call).starts_with("/v1/") {
            true => ("api.qualifio.com", args.text("token")?.map(|token| ("x-api-token", token.to_owned()))),
            false => ("manager.qualifio.example", Some(("authorization", format!("Bearer {operator}")))),
        };
        let url = format!("https://{host}{}", path(call));
        let answer = run.call_with(method(call), &url, headers, args.json("body")?)?;
        let wanted = args.number("expect_status")?.unwrap_or(200);
        run.hold(
            args.get("expect_status").unwrap_or(args.node()),
            &json!(wanted),
            &json!(answer.status),
            &format!("the status of {call} ({})", answer.text.chars().take(300).collect::<String>()),
        )?;
        if let Some(expected) = args.json("expect")? {
            run.hold(args.need("expect")?, &expected, &answer.json, &format!("the answer of {call}"))?;
        }
        if let Some(never) = args.text("never")?
            && answer.text.contains(never)
        {
            return Err(crate::step::unmet(format!("the answer of {call} shows what it must not show")));
        }
        run.save(args.get("save"), &answer.json)?;
        Ok(format!("{call} answers {wanted}"))
    },
};

/// Rows of the statistics.
pub const EXPECT_STATISTICS: Step = Step {
    name: "expect_statistics",
    summary: "holds the statistics of a campaign, row by row, against what is expected",
    args: &[
        needed("campaign", "the campaign's title").takes(Takes::Campaign),
        needed("rows", "the rows, oldest first").of_absence(),
    ],
    alone: None,
    open: false,
    example: "expect_statistics: { campaign: Spring quiz, rows: [{ firstname: Ann, external_id: ann }] }",
    run: |run, args| {
        let title = args.need_text("campaign")?;
        let qualifio = locked(&run.world.parts().qualifio);
        let rows = qualifio.campaign_of(title).map(|id| qualifio.statistics(id));
        drop(qualifio);
        let Some(rows) = rows else { return Err(no_campaign(args, title)) };
        let expected = args.json("rows")?.unwrap_or_default();
        let found = rows.len();
        run.hold(
            args.need("rows")?,
            &expected,
            &Value::Array(rows),
            &format!("the statistics of `{title}`"),
        )?;
        Ok(format!("{found} rows"))
    },
};

/// The push log.
pub const EXPECT_PUSHES: Step = Step {
    name: "expect_pushes",
    summary: "holds the push log, one entry for each push in its present state, against what is expected",
    args: &[needed("pushes", "the entries, oldest first").of_absence()],
    alone: Some("pushes"),
    open: false,
    example: "expect_pushes: [{ uid: ann, state: Succeeded, sent_fields: [firstname] }]",
    run: |run, args| {
        let log = locked(&run.world.parts().qualifio).pushes();
        let numbered = log.into_iter().map(|entry| (entry["push_id"].as_u64(), entry));
        let latest: BTreeMap<Option<u64>, Value> = numbered.collect();
        let pushes: Vec<Value> = latest.into_values().collect();
        let expected = args.json("pushes")?.unwrap_or_default();
        let found = pushes.len();
        run.hold(args.need("pushes")?, &expected, &Value::Array(pushes), "the push log")?;
        Ok(format!("{found} pushes"))
    },
};

fn method(call: &str) -> &str {
    call.split_whitespace().next().unwrap_or_default()
}

fn path(call: &str) -> &str {
    call.split_whitespace().nth(1).unwrap_or_default()
}

/// A campaign that does not exist is a mistake in the scenario.
pub(super) fn no_campaign(args: &Args<'_>, title: &str) -> Miss {
    Miss::Written(standin_scenario::Diagnostic {
        message: format!("no campaign is called `{title}`"),
        span: args.get("campaign").unwrap_or(args.node()).span,
        label: String::new(),
        hint: Some("campaigns are defined under `world: qualifio: campaigns:`".to_owned()),
    })
}
