//! The graph as a drawing: a column for each level, an arrow for each edge, failures in dashes.

use crate::component::Carries;
use crate::document::{Document, Step};

const WIDTH: usize = 230;
const HEIGHT: usize = 46;
const ACROSS: usize = 70;
const DOWN: usize = 22;
const MARGIN: usize = 24;
const TITLE: usize = 30;

/// Characters of an id or a type that fit into a box.
const FITTING: usize = 34;

/// The graph as an SVG of its own.
pub fn svg(document: &Document) -> String {
    let corners = corners(document);
    let right = corners.iter().map(|(x, _)| x + WIDTH).max().unwrap_or(0) + MARGIN;
    let bottom = corners.iter().map(|(_, y)| y + HEIGHT).max().unwrap_or(0) + MARGIN;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{right}\" height=\"{bottom}\" \
         viewBox=\"0 0 {right} {bottom}\" font-family=\"sans-serif\" font-size=\"12\">\n\
         <title>{0}</title>\n\
         <defs><marker id=\"tip\" viewBox=\"0 0 8 8\" refX=\"8\" refY=\"4\" markerWidth=\"7\" markerHeight=\"7\" \
         orient=\"auto\"><path d=\"M0 0L8 4L0 8z\" fill=\"#555\"/></marker></defs>\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n\
         <text x=\"{MARGIN}\" y=\"{MARGIN}\" font-size=\"15\">{0}</text>\n",
        escaped(&document.name)
    );
    for (from, step) in document.steps.iter().enumerate() {
        for to in &step.next {
            out.push_str(&arrow(corners[from], corners[*to], "stroke=\"#555\""));
        }
        for to in &step.error {
            out.push_str(&arrow(corners[from], corners[*to], "stroke=\"#b00\" stroke-dasharray=\"5 4\""));
        }
    }
    for (step, corner) in document.steps.iter().zip(&corners) {
        out.push_str(&drawn(step, *corner));
    }
    out.push_str("</svg>\n");
    out
}

/// Left upper corners: as far right as the longest way to the step, and below what is drawn there already.
fn corners(document: &Document) -> Vec<(usize, usize)> {
    let steps = &document.steps;
    let (mut level, mut row) = (vec![0; steps.len()], vec![0; steps.len()]);
    for from in &document.graph.order {
        for to in steps[*from].next.iter().chain(&steps[*from].error) {
            level[*to] = level[*to].max(level[*from] + 1);
        }
    }
    let mut free = vec![0; steps.len() + 1];
    for step in &document.graph.order {
        row[*step] = row[*step].max(free[level[*step]]);
        free[level[*step]] = row[*step] + 1;
        for to in steps[*step].next.iter().chain(&steps[*step].error) {
            row[*to] = row[*to].max(row[*step]);
        }
    }
    let corner = |(level, row): (&usize, &usize)| {
        (MARGIN + level * (WIDTH + ACROSS), MARGIN + TITLE + row * (HEIGHT + DOWN))
    };
    level.iter().zip(&row).map(corner).collect()
}

fn arrow((from_x, from_y): (usize, usize), (to_x, to_y): (usize, usize), style: &str) -> String {
    let (x1, y1, x2, y2) = (from_x + WIDTH, from_y + HEIGHT / 2, to_x, to_y + HEIGHT / 2);
    let (out, into) = (x1 + ACROSS / 2, x2.saturating_sub(ACROSS / 2));
    format!(
        "<path d=\"M{x1} {y1}C{out} {y1} {into} {y2} {x2} {y2}\" fill=\"none\" {style} marker-end=\"url(#tip)\"/>\n"
    )
}

fn drawn(step: &Step, (x, y): (usize, usize)) -> String {
    let fill = match (step.component.input, step.component.output) {
        (Carries::Nothing, _) => "#dcebff",
        (_, Carries::Nothing) => "#ffe9d6",
        (Carries::Records, Carries::Records) => "#eef7e8",
        _ => "#f4eefb",
    };
    format!(
        "<g><title>{}</title><rect x=\"{x}\" y=\"{y}\" width=\"{WIDTH}\" height=\"{HEIGHT}\" rx=\"6\" fill=\"{fill}\" stroke=\"#555\"/>\
         <text x=\"{left}\" y=\"{}\" font-weight=\"bold\" xml:space=\"preserve\">{}</text>\
         <text x=\"{left}\" y=\"{}\" fill=\"#444\">{}</text></g>\n",
        escaped(step.component.summary),
        y + 19,
        escaped(&fitting(&step.id)),
        y + 36,
        escaped(&fitting(step.component.kind)),
        left = x + 8,
    )
}

fn fitting(text: &str) -> String {
    match text.char_indices().nth(FITTING) {
        None => text.to_owned(),
        Some((at, _)) => format!("{}…", &text[..at]),
    }
}

/// Text for XML, without the characters that XML has not.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c if c.is_control() => out.push(' '),
            '\u{fffe}' | '\u{ffff}' => {}
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_and_rows_do_not_overlap() {
        let text = r#"{"name": "a & <b>", "steps": [
            {"id": "read", "type": "datasource.read.gigya.account", "params": {"select": "UID"}, "next": ["x", "\u0001y<"]},
            {"id": "x", "type": "field.remove", "params": {"fields": ["a"]}, "next": ["\u0001y<"], "error": ["z"]},
            {"id": "\u0001y<", "type": "field.remove", "params": {"fields": ["a"]}},
            {"id": "z", "type": "field.remove", "params": {"fields": ["a"]}}
        ]}"#;
        let document = Document::parse(text).unwrap_or_else(|problems| panic!("{problems:?}")).0;
        assert_eq!(corners(&document), [(24, 54), (324, 54), (624, 122), (624, 54)]);
        let drawing = svg(&document);
        assert_eq!((drawing.matches("<rect x=").count(), drawing.matches("<path d=\"M2").count()), (4, 2));
        assert_eq!(drawing.matches("stroke-dasharray").count(), 1);
        for shown in ["<title>a &amp; &lt;b&gt;</title>", "preserve\"> y&lt;</text>"] {
            assert!(drawing.contains(shown), "{drawing}");
        }
    }
}
