from datetime import datetime, time

from odoo import api, fields, models, modules
from odoo.fields import Domain
from odoo.tools import SQL
from pytz import utc

from ..tools.checklists import OPEN_STATES


class ResUsers(models.Model):
    """A user, who plays roles until they leave, and whose menu of activities counts the tasks that wait for them."""

    _inherit = "res.users"

    def write(self, vals):
        result = super().write(vals)
        if not vals.keys().isdisjoint({"active", "group_ids", "company_ids"}):
            self._forget_people()
        return result

    def unlink(self):
        result = super().unlink()
        self._forget_people()
        return result

    def _forget_people(self):
        """The rules know who still works here."""
        self.env["funnel.config.mixin"]._clear_rules()

    @api.model
    def _get_salespeople_domain(self):
        """Return the domain of the users who may sell."""
        salespeople = self.env.ref("sales_team.group_sale_salesman")
        return Domain("share", "=", False) & Domain("all_group_ids", "in", salespeople.ids)

    # ------------------------------------------------------------
    # COUNTERS
    # ------------------------------------------------------------

    @api.model
    def _get_activity_groups(self):
        groups = super()._get_activity_groups()
        if self.env.user.has_group("sales_funnel_addon.group_funnel_user"):
            groups += self._get_funnel_task_groups()
        return groups

    @api.model
    def _get_funnel_task_groups(self):
        """Return what waits for this user: things to do, and approvals that were asked for."""
        counts = self._count_funnel_tasks()
        common = {
            "id": self.env["ir.model"]._get_id("funnel.task"),
            "model": "funnel.task",
            "type": "funnel_task",
            "icon": modules.Manifest.for_addon("sales_funnel_addon").icon,
            "view_type": "list",
        }
        return [
            {**common, "name": name, "action": f"sales_funnel_addon.{action}", **counts[kind]}
            for kind, name, action in (
                ("todo", self.env._("My Tasks"), "funnel_task_action"),
                ("approval", self.env._("Waiting for My Approval"), "funnel_task_action_approval"),
            )
            if counts[kind]["open_count"]
        ]

    @api.model
    def _count_funnel_tasks(self):
        """Return how many tasks of each kind wait for this user, in one query.

        The total is what the menu adds to its badge. An approval always counts, for somebody stands and waits; other
        tasks when they are due. What is planned as an activity of this user as well is counted there already.

        :returns: ``open_count``, ``overdue_count``, ``today_count`` and ``total_count`` by kind
        """
        Task = self.env["funnel.task"]
        waiting = (
            Domain("is_mine", "=", True)
            & Domain("state", "in", list(OPEN_STATES))
            & (Domain("kind", "=", "todo") | Domain("state", "=", "requested"))
        )
        query = Task._search(waiting)
        self.env["mail.activity"].flush_model(["funnel_task_id", "user_id", "active"])
        deadline = Task._field_to_sql(query.table, "deadline", query)
        kind = Task._field_to_sql(query.table, "kind", query)
        now = fields.Datetime.now()
        overdue = SQL("%s < %s", deadline, now)
        today = SQL("%s >= %s AND %s < %s", deadline, now, deadline, self._get_end_of_today())
        planned = SQL(
            "EXISTS (SELECT 1 FROM mail_activity a WHERE a.funnel_task_id = %s AND a.user_id = %s AND a.active)",
            SQL.identifier(query.table, "id"),
            self.env.uid,
        )
        query.groupby = kind
        rows = self.env.execute_query(
            query.select(
                kind,
                SQL("COUNT(*)"),
                SQL("COUNT(*) FILTER (WHERE %s)", overdue),
                SQL("COUNT(*) FILTER (WHERE %s)", today),
                SQL("COUNT(*) FILTER (WHERE (%s = 'approval' OR %s OR %s) AND NOT %s)", kind, overdue, today, planned),
            )
        )
        names = ("open_count", "overdue_count", "today_count", "total_count")
        counts = {kind: dict.fromkeys(names, 0) for kind in ("todo", "approval")}
        return counts | {kind: dict(zip(names, numbers, strict=True)) for kind, *numbers in rows}

    @api.model
    def _get_end_of_today(self):
        """Return the next midnight of this user, in UTC."""
        tomorrow = fields.Date.add(fields.Date.context_today(self), days=1)
        midnight = datetime.combine(tomorrow, time.min)
        return self.env.tz.localize(midnight).astimezone(utc).replace(tzinfo=None)
