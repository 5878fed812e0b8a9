//! The list of component types. A new one is a file in this folder and a line here.

use crate::component::ComponentDoc;

mod datasource_lookup_gigya_account;
mod datasource_read_gigya_account;
mod datasource_read_sftp;
mod datasource_write_gigya_account;
mod datasource_write_gigya_generic;
mod datasource_write_gigya_importaccount;
mod datasource_write_sftp;
mod field_add;
mod field_copy;
mod field_evaluate;
mod field_flatten;
mod field_move;
mod field_remove;
mod field_rename;
mod field_replace;
mod field_select;
mod file_compress_gzip;
mod file_empty;
mod file_format_count;
mod file_format_dsv;
mod file_format_json;
mod file_parse_dsv;
mod file_parse_json;
mod file_uncompress_gzip;
mod record_evaluate;

/// Every component that runs here, by type.
pub const COMPONENTS: &[ComponentDoc] = &[
    datasource_lookup_gigya_account::DOC,
    datasource_read_gigya_account::DOC,
    datasource_read_sftp::DOC,
    datasource_write_gigya_account::DOC,
    datasource_write_gigya_generic::DOC,
    datasource_write_gigya_importaccount::DOC,
    datasource_write_sftp::DOC,
    field_add::DOC,
    field_copy::DOC,
    field_evaluate::DOC,
    field_flatten::DOC,
    field_move::DOC,
    field_remove::DOC,
    field_rename::DOC,
    field_replace::DOC,
    field_select::DOC,
    file_compress_gzip::DOC,
    file_empty::DOC,
    file_format_count::DOC,
    file_format_dsv::DOC,
    file_format_json::DOC,
    file_parse_dsv::DOC,
    file_parse_json::DOC,
    file_uncompress_gzip::DOC,
    record_evaluate::DOC,
];

/// Component types that IdentitySync has and this engine has not: named in the refusal, never guessed at.
pub const KNOWN_ELSEWHERE: &[&str] = &[
    "datasource.lookup.gender",
    "datasource.lookup.gigya.gm",
    "datasource.read.amazon.s3",
    "datasource.read.azure.blob",
    "datasource.read.azure.blob_token",
    "datasource.read.azure.sas",
    "datasource.read.campaignmonitor",
    "datasource.read.constantcontact",
    "datasource.read.ftp",
    "datasource.read.gigya.audit",
    "datasource.read.gigya.comment",
    "datasource.read.gigya.ds",
    "datasource.read.googlecloud",
    "datasource.read.mailchimp",
    "datasource.read.marketo",
    "datasource.read.sharedvariable",
    "datasource.read.silverpop",
    "datasource.write.amazon.s3",
    "datasource.write.azure.blob",
    "datasource.write.azure.blob_token",
    "datasource.write.azure.sas",
    "datasource.write.bluekai",
    "datasource.write.campaignmonitor",
    "datasource.write.constantcontact",
    "datasource.write.exacttarget",
    "datasource.write.external.generic",
    "datasource.write.ftp",
    "datasource.write.gigya.ds",
    "datasource.write.googlecloud",
    "datasource.write.mailchimp",
    "datasource.write.marketo",
    "datasource.write.salesforce",
    "datasource.write.silverpop",
    "field.array.extract",
    "field.array.join",
    "field.date.format",
    "file.compress.lzo",
    "file.compress.zip",
    "file.decrypt.pgp",
    "file.encrypt.pgp",
    "file.format.aam",
    "file.format.krux",
    "file.uncompress.lzo",
    "file.uncompress.zip",
];
