//! The arithmetic of comparing: intervals of shares, the paired test, quantiles.
//!
//! It must not know what is measured: counts come in, figures come out.

/// The standard normal quantile that leaves 2.5 % on each side.
const Z: f64 = 1.959_963_984_540_054;

/// The 95 % interval of a share, `hits` of `count`, after Wilson (1927). Both ends between 0 and 1; all
/// of that for no trials.
pub(super) fn wilson(hits: usize, count: usize) -> (f64, f64) {
    if count == 0 {
        return (0.0, 1.0);
    }
    let n = count as f64;
    let share = hits as f64 / n;
    let centre = share + Z * Z / (2.0 * n);
    let spread = Z * (share * (1.0 - share) / n + Z * Z / (4.0 * n * n)).sqrt();
    let scale = 1.0 + Z * Z / n;
    (((centre - spread) / scale).max(0.0), ((centre + spread) / scale).min(1.0))
}

/// The 95 % interval of the difference of two paired shares (second minus first), after Wald: `gained`
/// cases turned right and `lost` turned wrong, of `count`. Between -1 and 1.
pub(super) fn paired_difference(gained: usize, lost: usize, count: usize) -> (f64, f64) {
    if count == 0 {
        return (-1.0, 1.0);
    }
    let n = count as f64;
    let (gained, lost) = (gained as f64, lost as f64);
    let difference = (gained - lost) / n;
    let spread = Z * (gained + lost - (gained - lost).powi(2) / n).max(0.0).sqrt() / n;
    ((difference - spread).max(-1.0), (difference + spread).min(1.0))
}

/// McNemar's exact test, two-sided: how likely a split of the discordant cases at least as uneven as
/// this one is if neither side were better. 1 when there are none.
pub(super) fn mcnemar(gained: usize, lost: usize) -> f64 {
    let discordant = gained + lost;
    let fewer = gained.min(lost);
    // In logarithms, because 2 to the power of some thousand does not fit.
    let all = discordant as f64 * std::f64::consts::LN_2;
    let mut choices = 0.0_f64;
    let mut tail = 0.0;
    for taken in 0..=fewer {
        if taken > 0 {
            choices += ((discordant - taken + 1) as f64).ln() - (taken as f64).ln();
        }
        tail += (choices - all).exp();
    }
    (2.0 * tail).min(1.0)
}

/// The value that `share` of the values do not exceed, between two neighbours by their distance. `None`
/// without values.
pub(super) fn quantile(mut values: Vec<f64>, share: f64) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let place = share * values.len().checked_sub(1)? as f64;
    let below = *values.get(place.floor() as usize)?;
    let above = values.get(place.ceil() as usize).copied().unwrap_or(below);
    Some(below + (above - below) * place.fract())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(left: f64, right: f64) -> bool {
        (left - right).abs() < 5e-5
    }

    /// The ends are where the score test just rejects, (k/n - p)² n = z² p (1 - p), found by bisection.
    #[test]
    fn wilson_agrees_with_the_score_test() {
        let table = [
            (0, 10, 0.0, 0.277_53),
            (10, 10, 0.722_47, 1.0),
            (5, 10, 0.236_59, 0.763_41),
            (33, 100, 0.245_63, 0.426_95),
            (82, 247, 0.276_22, 0.392_89),
        ];
        for (hits, count, low, high) in table {
            let got = wilson(hits, count);
            assert!(close(got.0, low) && close(got.1, high), "{hits} of {count}: {got:?}");
        }
        assert_eq!(wilson(0, 0), (0.0, 1.0));
    }

    /// Figures from sums of binomial coefficients as exact fractions.
    #[test]
    fn mcnemar_agrees_with_exact_fractions() {
        let table = [
            (0, 0, 1.0),
            (1, 0, 1.0),
            (3, 3, 1.0),
            (6, 0, 0.031_25),
            (0, 6, 0.031_25),
            (6, 5, 1.0),
            (9, 2, 0.065_43),
            (20, 5, 0.004_08),
        ];
        for (gained, lost, p) in table {
            assert!(close(mcnemar(gained, lost), p), "{gained} {lost}: {}", mcnemar(gained, lost));
        }
        // Far beyond what a product of factors could hold.
        assert!((mcnemar(2600, 2400) - 0.004_883_65).abs() < 1e-8);
    }

    #[test]
    fn the_paired_interval_is_around_the_difference() {
        let (low, high) = paired_difference(20, 5, 100);
        assert!(close((low + high) / 2.0, 0.15) && close(high - 0.15, 0.093_47), "{low} {high}");
        assert_eq!(paired_difference(0, 0, 50), (0.0, 0.0));
        assert_eq!(paired_difference(0, 0, 0), (-1.0, 1.0));
    }

    #[test]
    fn quantiles_lie_between_neighbours() {
        assert_eq!(quantile(vec![9.0, 1.0, 2.0], 0.5), Some(2.0));
        assert_eq!(quantile(vec![1.0, 2.0], 0.5), Some(1.5));
        assert_eq!(quantile(Vec::new(), 0.5), None);
    }
}
