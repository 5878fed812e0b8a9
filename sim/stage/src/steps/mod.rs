//! The steps of the language, by whom they speak to.

mod browser;
mod dataflow;
mod eloqua;
mod files;
mod gigya;
mod participant;
mod qualifio;
mod stage;
mod stubs;
mod webhooks;

use crate::step::Step;
pub use eloqua::ELOQUA_CALL;
pub use gigya::GIGYA_CALL;
pub(crate) use qualifio::QUALIFIO_CALL;
pub use stage::{ADVANCE, FAULT};
pub(crate) use stage::{CLEAR_FAULTS, EXPECT_CALLS, SET_KNOB, fault};
pub(crate) use stubs::{EXPECT_STUB, STUB_STEP};

/// Every step, in the order in which `standin list steps` shows them.
pub const STEPS: &[Step] = &[
    participant::VISIT,
    participant::LOG_IN,
    participant::REGISTER,
    participant::SUBMIT_FORM,
    participant::PARTICIPATE,
    participant::RETURN_WITHOUT_LOGIN,
    participant::FORGE_SESSION,
    participant::LOG_OUT,
    participant::EXPECT_PAGE,
    browser::BROWSER_VISIT,
    browser::BROWSER_FILL,
    browser::BROWSER_CLICK,
    browser::BROWSER_PRESS,
    browser::BROWSER_GO,
    browser::BROWSER_RUN_SCRIPT,
    browser::BROWSER_EXPECT_PAGE,
    browser::BROWSER_EXPECT_SCRIPT,
    browser::BROWSER_EXPECT_ACCESSIBLE,
    QUALIFIO_CALL,
    qualifio::EXPECT_STATISTICS,
    qualifio::EXPECT_PUSHES,
    GIGYA_CALL,
    gigya::GIGYA_SET_ACCOUNT,
    gigya::EXPECT_ACCOUNT,
    gigya::EXPECT_ACCOUNTS,
    gigya::EXPECT_MESSAGE,
    gigya::GENERATE_ACCOUNTS,
    webhooks::EXPECT_WEBHOOKS,
    dataflow::RUN_DATAFLOW,
    dataflow::CREATE_DATAFLOW,
    dataflow::SCHEDULE_DATAFLOW,
    dataflow::STOP_JOB,
    dataflow::EXPECT_JOB,
    STUB_STEP,
    EXPECT_STUB,
    ELOQUA_CALL,
    eloqua::ELOQUA_ADD_FIELD,
    eloqua::ELOQUA_IMPORT,
    eloqua::ELOQUA_EXPORT,
    eloqua::ELOQUA_SET_CONTACT,
    eloqua::EXPECT_CONTACTS,
    eloqua::EXPECT_CONTACT,
    eloqua::EXPECT_RUN,
    eloqua::EXPECT_NOTICE,
    files::WRITE_FILE,
    files::RENAME_FILE,
    files::EXPECT_FILE,
    files::EXPECT_FILES,
    ADVANCE,
    SET_KNOB,
    FAULT,
    CLEAR_FAULTS,
    EXPECT_CALLS,
    stage::EXPECT_NO_SECRET,
];

/// The step of a name.
pub fn step_of(name: &str) -> Option<&'static Step> {
    STEPS.iter().find(|step| step.name == name)
}
