//! The list of component types. A new one is a file in this folder and a line here.

use crate::component::ComponentDoc;

mod datasource_lookup_gigya_account;
mod datasource_read_amazon_s3;
mod datasource_read_azure_blob;
mod datasource_read_azure_blob_token;
mod datasource_read_ftp;
mod datasource_read_gigya_account;
mod datasource_read_gigya_audit;
mod datasource_read_gigya_ds;
mod datasource_read_googlecloud;
pub(crate) mod datasource_read_sftp;
mod datasource_read_sharedvariable;
mod datasource_write_amazon_s3;
mod datasource_write_azure_blob;
mod datasource_write_azure_blob_token;
mod datasource_write_ftp;
mod datasource_write_gigya_account;
mod datasource_write_gigya_ds;
mod datasource_write_gigya_generic;
mod datasource_write_gigya_importaccount;
mod datasource_write_googlecloud;
mod datasource_write_sftp;
pub(crate) mod elsewhere;
mod field_add;
mod field_array_extract;
mod field_array_join;
mod field_copy;
mod field_date_format;
mod field_evaluate;
mod field_flatten;
mod field_move;
mod field_remove;
mod field_rename;
mod field_replace;
mod field_select;
mod file_compress_gzip;
mod file_compress_lzo;
mod file_compress_zip;
mod file_decrypt_pgp;
mod file_empty;
mod file_encrypt_pgp;
mod file_format_aam;
mod file_format_count;
mod file_format_dsv;
mod file_format_json;
mod file_format_krux;
mod file_parse_dsv;
mod file_parse_json;
mod file_uncompress_gzip;
mod file_uncompress_lzo;
mod file_uncompress_zip;
pub(crate) mod record_evaluate;

/// Every component that runs here, by type.
pub const COMPONENTS: &[ComponentDoc] = &[
    datasource_lookup_gigya_account::DOC,
    datasource_read_amazon_s3::DOC,
    datasource_read_azure_blob::DOC,
    datasource_read_azure_blob_token::DOC,
    datasource_read_ftp::DOC,
    datasource_read_gigya_account::DOC,
    datasource_read_gigya_audit::DOC,
    datasource_read_gigya_ds::DOC,
    datasource_read_googlecloud::DOC,
    datasource_read_sftp::DOC,
    datasource_read_sharedvariable::DOC,
    datasource_write_amazon_s3::DOC,
    datasource_write_azure_blob::DOC,
    datasource_write_azure_blob_token::DOC,
    datasource_write_ftp::DOC,
    datasource_write_gigya_account::DOC,
    datasource_write_gigya_ds::DOC,
    datasource_write_gigya_generic::DOC,
    datasource_write_gigya_importaccount::DOC,
    datasource_write_googlecloud::DOC,
    datasource_write_sftp::DOC,
    field_add::DOC,
    field_array_extract::DOC,
    field_array_join::DOC,
    field_copy::DOC,
    field_date_format::DOC,
    field_evaluate::DOC,
    field_flatten::DOC,
    field_move::DOC,
    field_remove::DOC,
    field_rename::DOC,
    field_replace::DOC,
    field_select::DOC,
    file_compress_gzip::DOC,
    file_compress_lzo::DOC,
    file_compress_zip::DOC,
    file_decrypt_pgp::DOC,
    file_empty::DOC,
    file_encrypt_pgp::DOC,
    file_format_aam::DOC,
    file_format_count::DOC,
    file_format_dsv::DOC,
    file_format_json::DOC,
    file_format_krux::DOC,
    file_parse_dsv::DOC,
    file_parse_json::DOC,
    file_uncompress_gzip::DOC,
    file_uncompress_lzo::DOC,
    file_uncompress_zip::DOC,
    record_evaluate::DOC,
];

/// Component types that IdentitySync has and this engine has not: flows with them are read, checked and
/// explained, and a job is refused at that step.
pub const ELSEWHERE: &[ComponentDoc] = elsewhere::LIST_OF_KNOWN;

/// The component of a type, in any case and with blanks around it.
pub fn component(kind: &str) -> Option<&'static ComponentDoc> {
    let kind = kind.trim().to_ascii_lowercase();
    COMPONENTS.iter().chain(ELSEWHERE).find(|component| component.kind == kind)
}
