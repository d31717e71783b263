import { serializeDate } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";

const { DateTime } = luxon;

/** The periods people choose from; each gives its first and its last day, null where it is open. */
export const PERIODS = {
    today: { label: _t("Today"), days: (today) => [today, today] },
    week: { label: _t("Last 7 days"), days: (today) => [today.minus({ days: 6 }), today] },
    month: { label: _t("Last 30 days"), days: (today) => [today.minus({ days: 29 }), today] },
    quarter: { label: _t("Last 90 days"), days: (today) => [today.minus({ days: 89 }), today] },
    this_month: { label: _t("This month"), days: (today) => [today.startOf("month"), today] },
    last_month: {
        label: _t("Last month"),
        days: (today) => {
            const first = today.startOf("month").minus({ months: 1 });
            return [first, first.endOf("month")];
        },
    },
    year: { label: _t("This year"), days: (today) => [today.startOf("year"), today] },
    all: { label: _t("All times"), days: () => [null, null] },
    custom: { label: _t("Chosen days") },
};

/**
 * Return the days of a period as the server wants them.
 *
 * @param {string} period a key of PERIODS other than "custom"
 * @returns {{date_from: string|false, date_to: string|false}}
 */
export function getDays(period) {
    const [first, last] = PERIODS[period].days(DateTime.local());
    return { date_from: first ? serializeDate(first) : false, date_to: last ? serializeDate(last) : false };
}
