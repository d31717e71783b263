import { checkRainbowmanMessage } from "@crm/views/check_rainbowman_message";
import { patch } from "@web/core/utils/patch";
import { FormController } from "@web/views/form/form_controller";
import { mayBeInFunnel, moveLead } from "./move_lead";

/** The button *Won* of a lead asks the funnel first, as a click on the stage does. */
patch(FormController.prototype, {
    async beforeExecuteActionButton({ name }) {
        const goesOn = await super.beforeExecuteActionButton(...arguments);
        const record = this.model.root;
        if (name !== "action_set_won_rainbowman" || goesOn === false || !record.resId || !mayBeInFunnel(record)) {
            return goesOn;
        }
        const { orm, effect } = record.model;
        const stageId = await orm.call("crm.lead", "funnel_get_won_stage", [[record.resId]]);
        if (!stageId) {
            return goesOn;
        }
        await moveLead(record, stageId, {
            move: async (stage_id, values) => {
                await orm.webSave("crm.lead", [record.resId], { ...values, stage_id }, { specification: {} });
                await record.load();
                if (effect) {
                    await checkRainbowmanMessage(orm, effect, record.resId);
                }
            },
            reload: () => record.load(),
        });
        return false;
    },
});
