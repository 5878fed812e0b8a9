//! `socialize.getIDs` and `socialize.getGmidTicket`: a browser's ids where cookies do not get through.

use crate::call::Call;
use crate::endpoints::{Access, Endpoint};
use crate::envelope::{Object, Refusal, Reply};
use crate::gigya::Gigya;
use crate::machines::{Machine, TICKET_LASTS};
use standin_model::Evidence;
use std::time::Duration;

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    name: "socialize.getIDs",
    summary: "Gives a page the ids of its browser to keep in its own storage.",
    evidence: Evidence::recorded(
        "Web SDK builds in public repositories",
        "ids_without_cookies_go_with_a_ticket",
    ),
    access: Access::Public,
    params: &["includeTicket"],
    server_params: &[],
    run,
};

/// The next ticket.
pub(crate) const TICKET: Endpoint = Endpoint {
    name: "socialize.getGmidTicket",
    summary: "Gives a page the next ticket for the machine id that it keeps.",
    params: &["expires"],
    run: ticket,
    ..ENDPOINT
};

fn run(gigya: &mut Gigya, call: &Call) -> Reply {
    let machine = gigya.machine_of(call);
    let client = gigya.client_of(call);
    let mut out = Object::new();
    out.insert("gcid".into(), machine.as_str().into());
    out.insert("ucid".into(), client.into());
    if call.params.flag("includeTicket")?.unwrap_or(false) {
        out.insert("gmidTicket".into(), gigya.new_machine_ticket(call, &machine, TICKET_LASTS).into());
    }
    Ok(out)
}

fn ticket(gigya: &mut Gigya, call: &Call) -> Reply {
    call.need("gmid")?;
    if call.machine == Machine::default() {
        return Err(Refusal::because(400_006, "gmid is not a machine id of this platform"));
    }
    let asked = call.params.number("expires")?.unwrap_or(i64::MAX);
    let seconds = u64::try_from(asked).ok().filter(|it| *it > 0);
    let seconds = seconds.ok_or_else(|| Refusal::because(400_006, "expires is a number of seconds"))?;
    let machine = gigya.machine_of(call);
    let lasts = TICKET_LASTS.min(Duration::from_secs(seconds));
    let token = gigya.new_machine_ticket(call, &machine, lasts);
    Ok(Object::from_iter([("gmidTicket".into(), token.into())]))
}
