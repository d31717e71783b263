import { patch } from "@web/core/utils/patch";
import { StatusBarField } from "@web/views/fields/statusbar/statusbar_field";
import { mayBeInFunnel, moveLead } from "./move_lead";
import { saveTogether } from "./save_together";

/** In the form of a lead, a click on a stage asks the funnel first. */
patch(StatusBarField.prototype, {
    async selectItem(item) {
        const { name, record } = this.props;
        if (name !== "stage_id" || !mayBeInFunnel(record)) {
            return super.selectItem(item);
        }
        // the verdict is about what is saved; what was missing before is no reason to stay
        if ((record.isNew || (await record.isDirty())) && !(await record.save())) {
            return;
        }
        const select = (item) => super.selectItem(item);
        return moveLead(record, item.value, {
            move: async (stageId, values) => {
                const stage = this.getAllItems().find((item) => item.value === stageId) || { value: stageId };
                try {
                    await saveTogether(record, values, () => select(stage));
                } catch (error) {
                    await record.discard();
                    throw error;
                }
            },
            reload: () => record.load(),
        });
    },
});
