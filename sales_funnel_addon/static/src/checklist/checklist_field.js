import { Component, status, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardFieldProps } from "@web/views/fields/standard_field_props";
import { ChecklistTask } from "./checklist_task";

const DONE = ["done", "approved"];
const SEEN_AHEAD = ["requested", "refused", ...DONE];

/** What is read of each task; the names are fields of `funnel.task`. */
const RELATED_FIELDS = [
    { name: "name", type: "char" },
    { name: "kind", type: "selection", selection: [] },
    { name: "state", type: "selection", selection: [] },
    { name: "stage_id", type: "many2one", relation: "crm.stage" },
    { name: "role_id", type: "many2one", relation: "funnel.role" },
    { name: "mandatory", type: "boolean" },
    { name: "instructions", type: "text" },
    { name: "comment", type: "text" },
    { name: "deadline", type: "datetime" },
    { name: "is_overdue", type: "boolean" },
    { name: "is_ahead", type: "boolean" },
    { name: "can_do", type: "boolean" },
    { name: "user_id", type: "many2one", relation: "res.users" },
    { name: "done_date", type: "datetime" },
    { name: "requested_by_id", type: "many2one", relation: "res.users" },
    { name: "requested_date", type: "datetime" },
];

/**
 * The checklist of a lead: the tasks of its stage, approvals asked for ahead of their stage, and what was done before.
 *
 * The field is never written: each click calls the server, which knows who may do what, and the form shows what came
 * of it.
 */
export class ChecklistField extends Component {
    static template = "sales_funnel_addon.ChecklistField";
    static components = { ChecklistTask };
    static props = { ...standardFieldProps };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.notification = useService("notification");
        this.state = useState({ isBusy: false, showsEarlier: false });
    }

    get tasks() {
        return this.props.record.data[this.props.name].records
            .filter((record) => record.data.state !== "cancelled")
            .map((record) => ({ ...record.data, id: record.resId }));
    }

    get lists() {
        const stageId = this.props.record.data.stage_id?.id;
        const current = this.tasks.filter((task) => task.stage_id?.id === stageId);
        const others = this.tasks.filter((task) => task.stage_id?.id !== stageId);
        return {
            current,
            ahead: others.filter((task) => task.is_ahead && SEEN_AHEAD.includes(task.state)),
            earlier: others.filter((task) => !task.is_ahead && DONE.includes(task.state)),
        };
    }

    /** How many of the tasks are done; a refused approval is not. */
    progressOf(tasks) {
        const done = tasks.filter((task) => DONE.includes(task.state)).length;
        return {
            text: `${done}/${tasks.length}`,
            percent: Math.round((100 * done) / tasks.length),
            label: _t("%(done)s of %(total)s done", { done, total: tasks.length }),
        };
    }

    /** Nothing changes on a lead that is won, lost or archived. */
    get isClosed() {
        const { active, won_status: status } = this.props.record.data;
        return active === false || (status && status !== "pending");
    }

    get canAsk() {
        return this.props.record.isInEdition && !this.isClosed;
    }

    get earlierLabel() {
        return _t("Earlier (%s)", this.lists.earlier.length);
    }

    /** Show what came of it; whoever has no more to do on a lead may be unable to read it any longer. */
    async reload() {
        if (status(this) === "destroyed") {
            return; // the dialog of a refusal says twice that it is closed when the lead is left meanwhile
        }
        try {
            await this.props.record.model.load();
        } catch (error) {
            if (error.exceptionName !== "odoo.exceptions.AccessError") {
                throw error;
            }
            this.notification.add(_t("Done. You have nothing more to do on this lead."), { type: "success" });
            await this.action.doAction("sales_funnel_addon.funnel_task_action", { clearBreadcrumbs: true });
        }
    }

    /**
     * Call a method of a task, after saving what was typed in: the server judges the lead as it is in the database.
     *
     * @param {Number} taskId
     * @param {String} method a public method of `funnel.task`
     */
    async call(taskId, method) {
        if (this.state.isBusy) {
            return;
        }
        this.state.isBusy = true;
        try {
            const { record } = this.props;
            if ((await record.isDirty()) && !(await record.save())) {
                return;
            }
            const reload = () => this.reload();
            const action = await this.orm.call("funnel.task", method, [[taskId]]);
            if (action?.type) {
                await this.action.doAction(action, { onClose: reload });
            } else {
                await reload();
            }
        } finally {
            this.state.isBusy = false;
        }
    }
}

registry.category("fields").add("funnel_checklist", {
    component: ChecklistField,
    displayName: _t("Checklist"),
    supportedTypes: ["one2many"],
    relatedFields: RELATED_FIELDS,
    fieldDependencies: [
        { name: "stage_id", type: "many2one", relation: "crm.stage" },
        { name: "won_status", type: "selection", selection: [] },
        { name: "active", type: "boolean" },
    ],
});
