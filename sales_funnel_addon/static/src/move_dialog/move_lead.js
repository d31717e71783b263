import { checkRainbowmanMessage } from "@crm/views/check_rainbowman_message";
import { MoveDialog } from "./move_dialog";

/**
 * Tell whether the rules of a funnel may hold for a record: it is a lead, and not known to be outside the funnels.
 *
 * @param {import("@web/model/relational_model/record").Record} record
 */
export function mayBeInFunnel(record) {
    return record.resModel === "crm.lead" && record.data.funnel_kind !== false;
}

/**
 * Ask the server whether a lead may go to a stage, and the user for whatever is missing; then move it.
 *
 * @param {import("@web/model/relational_model/record").Record} record the lead
 * @param {number} stageId where the user wants it
 * @param {Object} view what the view does
 * @param {(stageId: number, values: Object) => Promise} view.move writes the stage together with the values; rejects
 *   when the server refuses
 * @param {() => Promise} view.reload shows what was written otherwise
 * @returns {Promise} resolved when the lead is where it stays
 */
export async function moveLead(record, stageId, { move, reload }) {
    const { orm, dialog, effect } = record.model;
    const ids = [record.resId];
    const check = (id) => orm.call("crm.lead", "funnel_check_move", [ids, id]);
    const verdict = await check(stageId);
    if (verdict.status === "ok") {
        return move(stageId, {});
    }
    const write = (values) => orm.webSave("crm.lead", ids, values, { specification: {} });
    let isStale = false;
    const keep = async (values) => {
        await write(values);
        isStale = true; // shown when the dialog closes: until then the view has to know the card that it moves
    };
    const save = async (values) => {
        await write(values);
        await reload();
    };
    const override = async (id, reason, values) => {
        if (Object.keys(values).length) {
            await orm.write("crm.lead", ids, values);
        }
        await orm.call("crm.lead", "funnel_override_move", [ids, id, reason]);
        await reload();
        if (effect) {
            await checkRainbowmanMessage(orm, effect, ids[0]);
        }
    };
    await new Promise((resolve) => {
        dialog.add(MoveDialog, { verdict, check, keep, move, save, override }, { onClose: resolve });
    });
    if (isStale) {
        await reload();
    }
}
