//! Assets and data that a site without campaigns has none of: its lists are empty, and no id is known.

use crate::eloqua::Eloqua;
use crate::reply::{self, Refused};
use crate::rest_page::{Page, number};
use crate::router::Call;
use standin_ports::Response;

/// A list of them.
pub(crate) fn list(_: &mut Eloqua, call: &Call<'_>) -> Result<Response, Refused> {
    number(call, "lastUpdatedAt")?;
    Ok(Page::read(call)?.envelope(Vec::new(), 0))
}

/// One of them.
pub(crate) fn read(_: &mut Eloqua, call: &Call<'_>) -> Result<Response, Refused> {
    call.rest_id()?;
    Err(reply::absent())
}
