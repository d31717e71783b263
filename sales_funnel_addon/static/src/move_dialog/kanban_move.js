import { CrmKanbanDynamicGroupList } from "@crm/views/crm_kanban/crm_kanban_model";
import { patch } from "@web/core/utils/patch";
import { mayBeInFunnel, moveLead } from "./move_lead";
import { saveTogether } from "./save_together";

/** On a board of stages, a card that belongs to a funnel is moved only after its funnel has agreed. */
patch(CrmKanbanDynamicGroupList.prototype, {
    async moveRecord(recordId, groupId, refId, targetGroupId) {
        const target = this.groups.find((group) => group.id === targetGroupId);
        const record = this.groups
            .find((group) => group.id === groupId)
            ?.list.records.find((record) => record.id === recordId);
        if (
            this.groupByField.name !== "stage_id" ||
            groupId === targetGroupId ||
            !target?.value ||
            !record ||
            !mayBeInFunnel(record)
        ) {
            return super.moveRecord(...arguments);
        }
        const moveTo = (...args) => super.moveRecord(...args);
        return moveLead(record, target.value, {
            move: async (stageId, values) => {
                const group = this.groups.find((group) => group.value === stageId);
                if (group) {
                    const previous = group === target ? refId : null;
                    return saveTogether(record, values, () => moveTo(recordId, groupId, previous, group.id));
                }
                await this.model.orm.webSave("crm.lead", [record.resId], { ...values, stage_id: stageId }, { specification: {} });
                await this.model.load();
            },
            reload: () => this.model.load(),
        });
    },
});
