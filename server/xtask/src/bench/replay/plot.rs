//! The plot of a replay: how many pauses had a suggestion after how long, a curve for each client and load.
//!
//! It must not be read off for figures: those are in the report.

use anyhow::{Result, anyhow};
use plotters::prelude::*;

use super::figures::{Session, Side, waits};
use super::load::Load;

/// Pixels.
const SIZE: (u32, u32) = (900, 520);
/// Seconds: the ends of the logarithmic axis. What comes sooner is drawn at its beginning.
const FIRST: f64 = 0.001;
const LAST: f64 = 30.0;
/// The marks on it.
const MARKS: [f64; 10] = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0];
const WEFT: RGBColor = RGBColor(0, 114, 178);
const OTHER: RGBColor = RGBColor(213, 94, 0);

/// The plot as an SVG document.
pub(super) fn svg(title: &str, sessions: &[Session], loads: &[Load]) -> Result<String> {
    let mut text = String::new();
    draw(&mut text, title, sessions, loads).map_err(|error| anyhow!("cannot draw the plot: {error}"))?;
    Ok(text)
}

fn draw(
    text: &mut String,
    title: &str,
    sessions: &[Session],
    loads: &[Load],
) -> Result<(), Box<dyn std::error::Error>> {
    let area = SVGBackend::with_string(text, SIZE).into_drawing_area();
    area.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&area)
        .caption(title, ("sans-serif", 17))
        .margin(14)
        .margin_right(24)
        .x_label_area_size(44)
        .y_label_area_size(56)
        .build_cartesian_2d((FIRST..LAST).log_scale().with_key_points(MARKS.to_vec()), 0.0..100.0_f64)?;
    chart
        .configure_mesh()
        .light_line_style(TRANSPARENT)
        .x_desc("seconds from the last key to a suggestion")
        .y_desc("% of all pauses")
        .x_labels(MARKS.len())
        .x_label_formatter(&|seconds| format!("{seconds}"))
        .y_label_formatter(&|percent| format!("{percent:.0}"))
        .label_style(("sans-serif", 14))
        .draw()?;
    for load in loads {
        for side in Side::ALL {
            let color = if side == Side::Weft { WEFT } else { OTHER };
            let points = curve(&waits(sessions, *load, side));
            let label = format!("{side}, {load}");
            // A busy machine's curves are dashed, so that colours stand for clients alone.
            match load {
                Load::Quiet => {
                    let line = LineSeries::new(points, color.stroke_width(3));
                    chart.draw_series(line)?.label(label).legend(move |(x, y)| {
                        PathElement::new(vec![(x, y), (x + 24, y)], color.stroke_width(3))
                    });
                }
                Load::Busy => {
                    let line = DashedLineSeries::new(points, 7, 5, color.stroke_width(3));
                    chart.draw_series(line)?.label(label).legend(move |(x, y)| {
                        let dashes = [(x, y), (x + 8, y), (x + 14, y), (x + 24, y)];
                        PathElement::new(dashes[..2].to_vec(), color.stroke_width(3))
                    });
                }
            }
        }
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperLeft)
        .legend_area_size(30)
        .label_font(("sans-serif", 14))
        .background_style(WHITE.mix(0.85))
        .border_style(BLACK.mix(0.3))
        .draw()?;
    area.present()?;
    Ok(())
}

/// The steps of a cumulative distribution, in per cent of all pauses, over the whole axis.
fn curve((seconds, pauses): &(Vec<f64>, usize)) -> Vec<(f64, f64)> {
    let mut points = vec![(FIRST, 0.0)];
    let mut share = 0.0;
    for (index, seconds) in seconds.iter().enumerate() {
        let at = seconds.clamp(FIRST, LAST);
        points.push((at, share));
        share = 100.0 * (index + 1) as f64 / (*pauses).max(1) as f64;
        points.push((at, share));
    }
    points.push((LAST, share));
    points
}

#[cfg(test)]
mod tests {
    use super::super::figures::sample;
    use super::*;

    #[test]
    fn a_curve_rises_with_each_suggestion_and_ends_with_all() {
        assert_eq!(
            curve(&(vec![0.0001, 0.5], 4)),
            [(FIRST, 0.0), (FIRST, 0.0), (FIRST, 25.0), (0.5, 25.0), (0.5, 50.0), (LAST, 50.0)]
        );
        assert_eq!(curve(&(Vec::new(), 0)), [(FIRST, 0.0), (LAST, 0.0)]);
    }

    #[test]
    fn the_plot_names_what_it_shows() {
        let mut busy = sample(Side::LlamaVim, 0, &[2.0]);
        busy.load = Load::Busy;
        let text = svg("Typing", &[sample(Side::Weft, 0, &[0.2]), busy], &[Load::Quiet, Load::Busy]).unwrap();
        for expected in ["Typing", "Weft, quiet", "llama.vim-like, busy", "seconds from the last key", "0.03"]
        {
            assert!(text.contains(expected), "{expected}");
        }
    }
}
