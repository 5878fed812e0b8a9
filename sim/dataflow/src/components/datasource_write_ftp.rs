//! `datasource.write.ftp`

use super::datasource_write_sftp::writer;
use crate::component::{Carries, Component, ComponentDoc, Setup, optional, required};
use standin_model::Evidence;

/// The component.
pub(crate) const DOC: ComponentDoc = ComponentDoc {
    kind: "datasource.write.ftp",
    summary: "Uploads each file in place of any file of that name, unencrypted; a broken upload of up to 4 MiB is sent again at once, a larger one by the next attempt",
    params: &[
        required("host", "the server"),
        required("username", "the login"),
        required("password", "the login's password, which everybody on the way can read"),
        optional("port", "21", "the server's port"),
        optional(
            "remotePath",
            "",
            "the folder, which has to exist; in the login's own folder unless it begins with `/`",
        ),
        optional(
            "temporaryUploadExtension",
            "false",
            "accepted; every file is uploaded as `<name>.uploading` and renamed once it is whole",
        ),
        optional("timeout", "60", "seconds to wait for an answer, from 10 to 120"),
    ],
    input: Carries::Files,
    output: Carries::Nothing,
    evidence: Evidence::inferred(
        "IdentitySync component repository: as SFTP without keys",
        "half_a_file_is_sent_again_at_once_or_by_the_next_attempt",
    ),
    build,
};

fn build(setup: &Setup<'_>) -> Result<Box<dyn Component>, String> {
    setup.truth("temporaryUploadExtension", false)?;
    writer(setup, setup.ftp_target()?)
}

#[cfg(test)]
mod tests {
    use crate::transfer_tests::{calls, flow, whole, world};

    #[test]
    fn half_a_file_is_sent_again_at_once_or_by_the_next_attempt() {
        let flow = flow().replace("sftp", "ftp");
        let (mut mended, mut failed) = (0, 0);
        for answer_is_lost in [false, true] {
            for at in 1..=calls() {
                let mut world = world();
                world.breaks([at], answer_is_lost);
                let report = world.run(&flow);
                match &report.failure {
                    None => mended += 1,
                    Some(_) => {
                        failed += 1;
                        assert_eq!(
                            (report.succeeded, report.unreachable),
                            (false, true),
                            "{at}: {:?}",
                            report.failure
                        );
                        for (path, content) in world.files("/out") {
                            assert!(content == b"old" || whole()[&path] == content, "break at {at}: {path}");
                        }
                        assert_eq!(world.run(&flow).failure, None);
                    }
                }
                assert_eq!((world.files("/out"), at), (whole(), at));
            }
        }
        assert!(mended > 10 && failed > 5, "{mended} {failed}");
    }
}
