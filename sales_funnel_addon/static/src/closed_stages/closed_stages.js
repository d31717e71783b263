import { CrmKanbanRenderer } from "@crm/views/crm_kanban/crm_kanban_renderer";
import { patch } from "@web/core/utils/patch";
import { mayBeInFunnel } from "../move_dialog/move_lead";

/** While a card is being dragged, the columns it can never be dropped into are dimmed and say why. */
patch(CrmKanbanRenderer.prototype, {
    sortStart({ element }) {
        super.sortStart(...arguments);
        this.draggedCard = element;
        this.markClosedStages(element);
    },

    sortStop() {
        this.draggedCard = null;
        for (const column of this.rootRef.el.querySelectorAll(".o_funnel_closed")) {
            column.classList.remove("o_funnel_closed");
            column.removeAttribute("title");
            delete column.dataset.funnelClosed;
        }
        super.sortStop(...arguments);
    },

    async markClosedStages(element) {
        const { list } = this.props;
        const record = list.records.find((record) => record.id === element.dataset.id);
        if (!list.isGrouped || list.groupByField.name !== "stage_id" || !record || !mayBeInFunnel(record)) {
            return;
        }
        const closed = await list.model.orm.silent.call("crm.lead", "funnel_get_closed_stages", [[record.resId]]);
        if (this.draggedCard !== element) {
            return; // dropped already
        }
        for (const group of list.groups.filter((group) => closed[group.value])) {
            const column = this.rootRef.el.querySelector(`.o_kanban_group[data-id="${group.id}"]`);
            column?.classList.add("o_funnel_closed");
            column?.setAttribute("title", closed[group.value]);
            column?.setAttribute("data-funnel-closed", closed[group.value]);
        }
    },
});
