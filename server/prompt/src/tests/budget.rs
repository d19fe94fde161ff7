//! The window: what fits, where it is cut, and that its start stays while a user types. Must not need a tokenizer.

use proptest::prelude::*;

use crate::{Budget, GRID_LINES, window};

fn words(text: &str) -> usize {
    text.split_inclusive(|c: char| !c.is_alphanumeric()).count()
}

fn quarters(text: &str) -> usize {
    text.len().div_ceil(4)
}

fn budget(tokens: usize) -> Budget {
    Budget { prompt_tokens: tokens, prefix_percent: 60, suffix_percent: 20 }
}

fn lines(count: usize) -> String {
    (0..count).map(|n| format!("    value_{n} = compute({n})\n")).collect()
}

#[test]
fn a_small_file_goes_in_whole() {
    let window = window("a\nb", "c\nd\n", &budget(100), &words);
    assert_eq!((window.prefix_start, window.suffix_end), (0, 4));
}

#[test]
fn the_start_stands_on_the_grid() {
    let before = lines(1000);
    let window = window(&before, "", &budget(2000), &quarters);
    let line = before[..window.prefix_start].matches('\n').count();
    assert_eq!(line % GRID_LINES, 0);
    assert!(line > 0);
    // One block more would not have fitted.
    let block: usize =
        before[..window.prefix_start].lines().rev().take(GRID_LINES).map(|l| quarters(l) + 1).sum();
    assert!(window.prefix_tokens + block > 1600);
}

#[test]
fn typing_hardly_ever_moves_the_start() {
    let typed = "let total = sum(values)\nif total > limit:\n    return limit\nreturn total\n\n".repeat(3);
    for (count, tokens) in [(1000, 2000), (300, 1000), (64, 400), (40, 300), (10, 2000)] {
        let mut before = lines(count);
        let after = lines(500);
        let mut starts = vec![window(&before, &after, &budget(tokens), &quarters).prefix_start];
        for typed in typed.chars().take(200) {
            before.push(typed);
            starts.push(window(&before, &after, &budget(tokens), &quarters).prefix_start);
        }
        starts.dedup();
        assert!(starts.len() <= 3, "{count} lines, {tokens} tokens: {starts:?}");
    }
}

#[test]
fn typing_in_a_long_line_hardly_ever_moves_the_start() {
    let mut before = "a=1;".repeat(20_000);
    let mut starts = vec![];
    for _ in 0..200 {
        starts.push(window(&before, "", &budget(1000), &quarters).prefix_start);
        before.push('x');
    }
    starts.dedup();
    assert!(starts.len() <= 3, "{starts:?}");
    assert!(before.len() - starts[0] > 1000, "{starts:?}");
}

#[test]
fn what_one_side_leaves_goes_to_the_other() {
    let long = lines(1000);
    let no_suffix = window(&long, "", &budget(1000), &quarters);
    assert!(no_suffix.prefix_tokens > 600, "{no_suffix:?}");
    let no_prefix = window("x", &long, &budget(1000), &quarters);
    assert!(no_prefix.suffix_tokens > 600, "{no_prefix:?}");
    let both = window(&long, &long, &budget(1000), &quarters);
    assert!(both.prefix_tokens <= 640 && both.suffix_tokens >= 180, "{both:?}");
}

#[test]
fn a_minified_line_is_cut_within() {
    let line = "é=1;".repeat(100_000);
    let window = window(&line, &line, &budget(1000), &quarters);
    assert!(window.prefix_tokens > 400 && window.prefix_tokens <= 800, "{window:?}");
    assert!(window.suffix_tokens > 150, "{window:?}");
}

#[test]
fn a_budget_of_nothing_gives_nothing() {
    let window = window("abc\ndef", "ghi\n", &budget(0), &quarters);
    assert_eq!((window.prefix_tokens, window.suffix_tokens), (0, 0));
}

#[test]
fn a_huge_file_is_not_measured_whole() {
    let before = lines(100_000);
    let measured = std::cell::Cell::new(0);
    let counting = |text: &str| {
        measured.set(measured.get() + text.len());
        quarters(text)
    };
    let window = window(&before, &before, &budget(2000), &counting);
    assert!(window.prefix_tokens > 1000);
    assert!(measured.get() < 100_000, "{}", measured.get());
}

proptest! {
    #[test]
    fn never_exceeds_the_budget(
        before in "([a-zé ]{0,60}\n){0,80}[a-z (]{0,20}",
        after in "[a-z )]{0,20}\n?([a-z🦀 ]{0,60}\n){0,80}",
        tokens in 0usize..3000,
        prefix_percent in 0usize..120,
        suffix_percent in 0usize..120,
        by_words in any::<bool>(),
    ) {
        let measure: &dyn Fn(&str) -> usize = if by_words { &words } else { &quarters };
        let budget = Budget { prompt_tokens: tokens, prefix_percent, suffix_percent };
        let window = window(&before, &after, &budget, measure);
        let (prefix, suffix) = (window.prefix(&before), window.suffix(&after));
        prop_assert!(before.ends_with(prefix) && after.starts_with(suffix));
        prop_assert_eq!(measure(prefix), window.prefix_tokens);
        prop_assert_eq!(measure(suffix), window.suffix_tokens);
        prop_assert!(window.prefix_tokens + window.suffix_tokens <= budget.file_tokens());
        prop_assert!(budget.file_tokens() <= tokens);
    }

    #[test]
    fn typing_anything_anywhere_moves_the_start_at_most_twice(
        line in "[a-z(),. ]{0,80}\n",
        count in 0usize..400,
        typed in "[a-z\n (]{200}",
        tokens in 400usize..4000,
    ) {
        let mut before = line.repeat(count);
        let mut starts = vec![window(&before, "\n", &budget(tokens), &quarters).prefix_start];
        for typed in typed.chars() {
            before.push(typed);
            starts.push(window(&before, "\n", &budget(tokens), &quarters).prefix_start);
        }
        starts.dedup();
        prop_assert!(starts.len() <= 3, "{:?}", starts);
    }
}
