//! How much counted time lies between two instants, and where a share of it ends (G-06).

use jiff::Timestamp;

use super::{
    Calendar, Limit, Pause,
    walk::{End, Measure, SECOND, Untraced, Walk, instant, whole_seconds},
};

impl Calendar {
    /// Whole seconds of counted time in `[from, to)` under the measure of `limit`: natural time for
    /// [`Limit::Natural`], the windows of working days for all others (G-06); pauses do not count. 0 when `to` is not
    /// after `from`. The amount of `limit` does not matter.
    pub fn counted(&self, from: Timestamp, to: Timestamp, limit: Limit, pauses: &[Pause]) -> i64 {
        whole_seconds(self.counted_nanos(from, to, measure_of(limit), pauses))
    }

    /// The instant at which `percent` of the counted time between `start` and `due` has been used, in the measure of
    /// [`Calendar::counted`] (G-06; the warning stands at 75). Rounded up to whole counted seconds.
    ///
    /// 0 is `start`; 100 and more, and a way without any counted time, are `due`. Never after `due`.
    pub fn share(
        &self,
        start: Timestamp,
        due: Timestamp,
        percent: u8,
        limit: Limit,
        pauses: &[Pause],
    ) -> Timestamp {
        if percent == 0 && start <= due {
            return start;
        }
        let total = self.counted_nanos(start, due, measure_of(limit), pauses);
        if percent >= 100 || total <= 0 {
            return due;
        }
        let used = (total * i128::from(percent)).div_euclid(100);
        let target = (used + SECOND - 1).div_euclid(SECOND) * SECOND;
        match Walk::new(self, pauses, &mut Untraced).use_up(
            start.as_nanosecond(),
            target,
            measure_of(limit),
        ) {
            End::At(nanos) => instant(nanos).min(due),
            End::Never | End::Beyond => due,
        }
    }

    fn counted_nanos(
        &self,
        from: Timestamp,
        to: Timestamp,
        measure: Measure,
        pauses: &[Pause],
    ) -> i128 {
        if to <= from {
            return 0;
        }
        Walk::new(self, pauses, &mut Untraced).count(
            from.as_nanosecond(),
            to.as_nanosecond(),
            measure,
        )
    }
}

fn measure_of(limit: Limit) -> Measure {
    match limit {
        Limit::Natural { .. } => Measure::Natural,
        Limit::Business { .. } | Limit::WorkingDays { .. } | Limit::CalendarDaysLegal { .. } => {
            Measure::Windows
        }
    }
}
