//! `standin completions` and `standin man`: the command line, told to shells and to `man`.

use crate::args::{Arguments, CompletionsCommand, ManCommand};
use crate::{Stop, say};
use clap::CommandFactory;
use clap::builder::PossibleValue;
use clap_complete::Shell;
use clap_mangen::Man;
use standin_report::FORMATS;
use std::path::Path;

pub(crate) fn completions(command: &CompletionsCommand) -> Result<u8, Stop> {
    let mut script = Vec::new();
    clap_complete::generate(command.shell, &mut Arguments::command(), "standin", &mut script);
    let script = String::from_utf8_lossy(&script);
    say(&match command.shell {
        Shell::Bash => for_bash(&script),
        Shell::Fish => for_fish(&script),
        Shell::Zsh => for_zsh(&script),
        _ => script.into_owned(),
    });
    Ok(0)
}

/// Names that depend on the word before, the file of a report.
const ZSH: &str = r#"_standin_report() {
    if compset -P '*='; then _files; else compadd -S '' -- FORMATS; fi
}

_standin_names() {
    if (( ${words[(I)schema]} )); then compadd -- SCHEMAS; fi
}

if [ "$funcstack[1]" ="#;

/// What depends on the words before, which the library does not look at.
fn for_zsh(script: &str) -> String {
    let own =
        ZSH.replace("FORMATS", &formats().join(" ")).replace("SCHEMAS", &crate::schema::names().join(" "));
    let script = script.replacen("if [ \"$funcstack[1]\" =", &own, 1);
    let lines = script.lines().map(|line| match line {
        line if line.contains(":FORMAT=FILE:") => {
            let (before, _) = line.split_once(":FORMAT=FILE:").unwrap_or((line, ""));
            format!("{before}:FORMAT=FILE:_standin_report' \\\n")
        }
        line if line.starts_with("'*::names --") => "'*:names:_standin_names' \\\n".to_owned(),
        line => format!("{line}\n"),
    });
    lines.collect()
}

/// The file of a report.
const FISH: &str = r#"function __standin_report
    set -l token (string replace -r '^--report=' '' -- (commandline -ct))
    set -l format (string match -r '^[a-z]+=' -- $token)
    and __fish_complete_path (string replace -- $format '' $token) | string replace -r '^' $format
end
"#;

/// What has no option before it, which the library leaves out, and what depends on the words before.
fn for_fish(script: &str) -> String {
    let mut script = format!("{script}{FISH}");
    let mut whole = Arguments::command();
    whole.build();
    for command in whole.get_subcommands().filter(|command| command.get_name() != "help") {
        let within = format!("__fish_standin_using_subcommand {}", command.get_name());
        words_for_fish(command, &within, &mut script);
        for below in command.get_subcommands().filter(|below| below.get_name() != "help") {
            let within = format!("{within}; and __fish_seen_subcommand_from {}", below.get_name());
            words_for_fish(below, &within, &mut script);
        }
    }
    script.push_str(&format!(
        "complete -c standin -n \"__fish_standin_using_subcommand list; and __fish_seen_subcommand_from schema\" -f -a \"{}\"\n",
        crate::schema::names().join(" ")
    ));
    script
}

/// The words of one command.
fn words_for_fish(command: &clap::Command, within: &str, script: &mut String) {
    for words in command.get_positionals().map(clap::Arg::get_possible_values) {
        let names: Vec<&str> = words.iter().map(PossibleValue::get_name).collect();
        for word in &words {
            let about = word.get_help().map(ToString::to_string).unwrap_or_default().replace('\'', "\\'");
            script.push_str(&format!(
                "complete -c standin -n \"{within}; and not __fish_seen_subcommand_from {}\" -f -a \"{}\" -d '{about}'\n",
                names.join(" "),
                word.get_name()
            ));
        }
    }
    if command.get_opts().any(|option| option.get_long() == Some("report")) {
        script.push_str(&format!(
            "complete -c standin -n \"{within}\" -l report -x -a \"(__standin_report)\"\n"
        ));
    }
}

/// How a report begins.
fn formats() -> Vec<String> {
    FORMATS.iter().map(|format| format!("{}=", format.name)).collect()
}

/// What depends on the words before, which the library does not look at: the command behind `exec` is completed as it
/// is by itself, a report is a format and then a file, a schema has its name.
fn for_bash(script: &str) -> String {
    let own = format!(
        r#"_standin() {{
    local at=0 word="$2"
    if [[ ${{COMP_WORDS[1]}} == exec ]]; then
        for (( at = 2; at < COMP_CWORD; at++ )); do
            if [[ ${{COMP_WORDS[at]}} == -- ]]; then
                COMPREPLY=()
                if declare -F _command_offset >/dev/null; then _command_offset $(( at + 1 )); fi
                return 0
            fi
        done
    fi
    if [[ ${{COMP_WORDS[1]}} == list && ${{COMP_WORDS[2]}} == schema && $word != -* && $COMP_CWORD -gt 2 ]]; then
        COMPREPLY=( $(compgen -W "{schemas}" -- "$word") )
        return 0
    fi
    if [[ $3 == --report ]]; then
        compopt -o nospace 2>/dev/null
        COMPREPLY=( $(compgen -W "{formats}" -- "$word") )
        return 0
    fi
    # Bash takes `=` for a word of its own.
    at=$COMP_CWORD
    if [[ ${{COMP_WORDS[at]}} != "=" ]]; then (( at-- )); fi
    if [[ $at -gt 2 && ${{COMP_WORDS[at]}} == "=" && ${{COMP_WORDS[at-2]}} == --report ]]; then
        COMPREPLY=( $(compgen -f -- "${{word#=}}") )
        return 0
    fi
"#,
        schemas = crate::schema::names().join(" "),
        formats = formats().join(" "),
    );
    script.replacen("_standin() {\n", &own, 1)
}

pub(crate) fn man(command: &ManCommand) -> Result<u8, Stop> {
    let mut whole = Arguments::command().disable_help_subcommand(true);
    whole.build();
    let Some(folder) = &command.folder else {
        let (_, text) = page(whole)
            .map_err(|error| Stop::broke(format!("error: the page cannot be written: {error}")))?;
        say(&text);
        return Ok(0);
    };
    std::fs::create_dir_all(folder)
        .and_then(|()| pages(whole, folder))
        .map_err(|error| Stop::wrong(format!("error: {} cannot be written: {error}", folder.display())))?;
    Ok(0)
}

/// A page for a command, and one for each below it.
fn pages(command: clap::Command, folder: &Path) -> std::io::Result<()> {
    for below in command.get_subcommands().filter(|below| !below.is_hide_set()) {
        pages(below.clone(), folder)?;
    }
    let (name, text) = page(command)?;
    std::fs::write(folder.join(name), text)
}

/// The name of a page, and its text. What stands below the options keeps its lines: there are tables and examples in it.
fn page(command: clap::Command) -> std::io::Result<(String, String)> {
    let man = Man::new(command);
    let mut text = Vec::new();
    man.render(&mut text)?;
    let text = String::from_utf8_lossy(&text).into_owned();
    let Some((before, rest)) = text.split_once(".SH EXTRA\n") else { return Ok((man.get_filename(), text)) };
    let (notes, after) = rest.split_once(".SH ").unwrap_or((rest, ""));
    let after = if after.is_empty() { String::new() } else { format!(".SH {after}") };
    Ok((man.get_filename(), format!("{before}.SH NOTES\n.nf\n{notes}.fi\n{after}")))
}
