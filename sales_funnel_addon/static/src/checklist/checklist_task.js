import { Component, useState } from "@odoo/owl";
import { toLocaleDateTimeString } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { uniqueId } from "@web/core/utils/functions";

const DONE = ["done", "approved"];

/** How the state of an approval looks: words, icon, colour. */
const APPROVAL_LOOKS = {
    open: { text: _t("Not asked for yet"), icon: "fa-circle-o", color: "o_funnel_muted" },
    requested: { text: _t("Waiting for approval"), icon: "fa-hourglass-half", color: "text-warning" },
    approved: { text: _t("Approved"), icon: "fa-check-circle", color: "text-success" },
    refused: { text: _t("Refused"), icon: "fa-times-circle", color: "text-danger" },
};

/**
 * One line of a checklist.
 *
 * Props: `task`, the values of a `funnel.task`; `isClosed`, whether the lead is; `canUndo`, whether the task is one of
 * the present stage; `canAsk`, whether the user may ask for approvals; `call`, which takes the id of the task and the
 * name of one of its methods.
 */
export class ChecklistTask extends Component {
    static template = "sales_funnel_addon.ChecklistTask";
    static props = {
        task: Object,
        isClosed: Boolean,
        canUndo: Boolean,
        canAsk: Boolean,
        call: Function,
    };

    setup() {
        this.id = uniqueId("funnel_task_");
        this.state = useState({ showsInstructions: false });
    }

    get isApproval() {
        return this.props.task.kind === "approval";
    }

    get isDone() {
        return DONE.includes(this.props.task.state);
    }

    get look() {
        return APPROVAL_LOOKS[this.props.task.state] || APPROVAL_LOOKS.open;
    }

    get isTickable() {
        const { task, isClosed, canUndo } = this.props;
        return task.can_do && !isClosed && (!this.isDone || canUndo);
    }

    get tickTitle() {
        const { task, isClosed } = this.props;
        if (isClosed) {
            return _t("The lead is closed.");
        }
        if (!task.can_do) {
            return task.role_id
                ? _t("Up to: %s", task.role_id.display_name)
                : _t("You may look at this lead, not change it.");
        }
        return this.isDone ? _t("Not done after all") : _t("Mark as done");
    }

    /** What is said below the name: whose it is, when it is due, who did it and when. */
    get facts() {
        const { task } = this.props;
        const facts = [];
        if (task.role_id && !this.isDone) {
            facts.push({ name: "role", icon: "fa-user-o", text: task.role_id.display_name, title: _t("Role") });
        }
        if (task.deadline && !this.isDone) {
            facts.push({
                name: "deadline",
                icon: "fa-clock-o",
                text: toLocaleDateTimeString(task.deadline),
                title: task.is_overdue ? _t("Overdue") : _t("Deadline"),
                color: task.is_overdue ? "text-danger fw-bold" : "",
            });
        }
        const [who, when] =
            task.state === "requested"
                ? [task.requested_by_id, task.requested_date]
                : [task.user_id, task.done_date];
        if (who || when) {
            const text = [who?.display_name, toLocaleDateTimeString(when)].filter(Boolean).join(", ");
            const title = task.state === "requested" ? _t("Asked for by") : _t("By");
            facts.push({ name: "who", icon: "fa-user-circle-o", text, title });
        }
        return facts;
    }

    /** The buttons of an approval, as its state and the rights of the user allow. */
    get buttons() {
        const { task, isClosed, canAsk, canUndo } = this.props;
        if (!this.isApproval || isClosed) {
            return [];
        }
        const { state, can_do: mayDecide } = task;
        const isWaiting = state === "requested";
        return [
            {
                method: "action_request",
                text: state === "refused" ? _t("Request again") : _t("Request approval"),
                title: _t("Ask the people of the role for their approval"),
                color: mayDecide ? "btn-secondary" : "btn-primary",
                isShown: canAsk && ["open", "refused"].includes(state),
            },
            {
                method: "action_approve",
                text: _t("Approve"),
                title: _t("Approve"),
                color: "btn-primary",
                isShown: mayDecide && state !== "approved",
            },
            {
                method: "action_refuse",
                text: _t("Refuse"),
                title: _t("Refuse, with a reason"),
                color: "btn-secondary",
                isShown: mayDecide && isWaiting,
            },
            {
                method: "action_undo",
                text: _t("Take Back"),
                title: isWaiting ? _t("Take the request back") : _t("Take the decision back"),
                color: "btn-link",
                isShown: canAsk && canUndo && (isWaiting || (mayDecide && state === "approved")),
            },
        ].filter((button) => button.isShown);
    }

    /** The server has the last word: the tick appears when it agrees. */
    onTick() {
        if (this.isTickable) {
            this.props.call(this.props.task.id, this.isDone ? "action_undo" : "action_do");
        }
    }
}
