import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { RelationalModel } from "@web/model/relational_model/relational_model";
import { kanbanView } from "@web/views/kanban/kanban_view";

/** Which dialog gives the verdict that a column stands for. */
const DIALOGS = { verified: "action_ask_verify", returned: "action_ask_return" };

/** Dropping a card on a column gives a verdict: the card stays where it is until the dialog has been confirmed. */
class RefusalGroupList extends RelationalModel.DynamicGroupList {
    async moveRecord(recordId, groupId, refId, targetGroupId) {
        const target = this.groups.find((group) => group.id === targetGroupId);
        if (this.groupByField.name !== "state" || groupId === targetGroupId) {
            return super.moveRecord(...arguments);
        }
        const method = DIALOGS[target.value];
        if (!method) {
            this.model.notification.add(_t("A refusal is verified or returned; the rest happens by itself."), {
                type: "warning",
            });
            return;
        }
        const record = this.groups
            .find((group) => group.id === groupId)
            .list.records.find((record) => record.id === recordId);
        const dialog = await this.model.orm.call("funnel.refusal", method, [[record.resId]]);
        return this.model.action.doAction(dialog, { onClose: () => this.model.load() });
    }
}

class RefusalModel extends RelationalModel {
    static DynamicGroupList = RefusalGroupList;
}

registry.category("views").add("funnel_refusal_kanban", { ...kanbanView, Model: RefusalModel });
