import { formatCurrency } from "@web/core/currency";
import { _t } from "@web/core/l10n/translation";
import { formatFloat, formatInteger } from "@web/views/fields/formatters";

/** Return a share as text, such as "62%"; a dash where there is nothing to share. */
export function formatShare(part, whole) {
    const digits = part && part / whole < 0.1 ? 1 : 0;
    return whole ? `${formatFloat((100 * part) / whole, { digits: [16, digits] })}%` : "–";
}

/** Return an amount as text, without cents. */
export function formatAmount(value, currencyId) {
    return formatCurrency(Math.round(value), currencyId, { digits: [16, 0] });
}

/** Return a number of calendar hours as text in the unit that fits; a dash for none. */
export function formatHours(hours) {
    if (hours === false) {
        return "–";
    }
    const format = (value) => formatFloat(value, { digits: [16, value < 10 ? 1 : 0] });
    if (hours >= 48) {
        return _t("%s d", format(hours / 24));
    }
    return hours >= 1 ? _t("%s h", format(hours)) : _t("%s min", format(hours * 60));
}

/** Return a month such as "2026-03-01" as text. */
export function formatMonth(day) {
    return luxon.DateTime.fromISO(day).toFormat("LLL yyyy");
}

export { formatInteger };
