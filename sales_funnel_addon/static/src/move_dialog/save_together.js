import { toRaw } from "@odoo/owl";
import { patch } from "@web/core/utils/patch";
import { Record } from "@web/model/relational_model/record";

/** What the next save of a record writes besides its own changes, by record. */
const companions = new WeakMap();

/**
 * Let a record be saved with more than its changes: also fields that its view does not have, in one and the same write.
 *
 * @param {Record} record
 * @param {Object} values as the server takes them
 * @param {() => Promise} save saves the record
 */
export async function saveTogether(record, values, save) {
    companions.set(toRaw(record), values);
    try {
        return await save();
    } finally {
        companions.delete(toRaw(record));
    }
}

patch(Record.prototype, {
    _getChanges() {
        const changes = super._getChanges(...arguments);
        return { ...changes, ...companions.get(toRaw(this)) };
    },

    _checkValidity() {
        // what is missing in the view comes along; the server has the last word
        return companions.has(toRaw(this)) || super._checkValidity(...arguments);
    },
});
