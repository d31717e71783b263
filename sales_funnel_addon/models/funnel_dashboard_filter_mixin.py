from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ..tools.periods import get_bounds, parse_day

#: By which fields the models are filtered: period, funnel, person and source. Leads have several dates to choose from.
FILTER_FIELDS = {
    "funnel.stage.report": ("date", "team_id", "user_id", "source_id"),
    "funnel.loss.report": ("date", "team_id", "user_id", "source_id"),
    "funnel.reminder.report": ("date", "team_id", "user_id", "source_id"),
    "funnel.list.report": ("date", "list_team_id", "user_id", "source_id"),
    "funnel.refusal.report": ("date", "team_id", "user_id", "lead_id.source_id"),
    "funnel.check.report": ("date", "team_id", "user_id", "lead_id.source_id"),
    "crm.lead": (False, "team_id", "user_id", "source_id"),
}


class DashboardFilters:
    """What is chosen on the dashboard, and how that is said to the models whose figures are shown.

    :param env: the environment of whoever looks
    :param first: the first day, None for no beginning
    :param last: the last day, None for no end
    :param dict chosen: ids by ``team_id``, ``user_id`` and ``source_id``, False for all
    """

    def __init__(self, env, first, last, chosen):
        self.env, self.first, self.last, self.chosen = env, first, last, chosen
        self.start, self.end = get_bounds(first, last, env.user.tz or "UTC")
        self.funnels = env["crm.team"]._get_funnel_rules().funnels

    def describe(self):
        """Return the filters as they were understood, for whoever asked."""
        days = {"date_from": self.first, "date_to": self.last}
        return {**{name: fields.Date.to_string(day) or False for name, day in days.items()}, **self.chosen}

    def domain(self, model, date=None, team=None, teams=None):
        """Return the domain over the rows of a model that these filters let through.

        :param str model: one of :data:`FILTER_FIELDS`
        :param date: the field that has to lie in the period; False for none, by default that of the model
        :param team: the field that names the funnel, by default that of the model
        :param teams: the ids of the funnels, by default those that are chosen
        """
        date_field, team_field, user_field, source_field = FILTER_FIELDS[model]
        team_field, date_field = team or team_field, date_field if date is None else date
        team_id, user_id, source_id = (self.chosen[name] for name in ("team_id", "user_id", "source_id"))
        if teams is None:
            teams = [team_id] if team_id else sorted(self.funnels)
        domain = Domain(team_field, "in", teams)
        if date_field and self.start:
            domain &= Domain(date_field, ">=", fields.Datetime.to_string(self.start))
        if date_field and self.end:
            domain &= Domain(date_field, "<", fields.Datetime.to_string(self.end))
        if user_id:
            domain &= Domain(user_field, "=", user_id)
        if source_id:
            domain &= Domain(source_field, "=", source_id)
        return domain

    @staticmethod
    def figure(value, model, domain):
        """Return a figure with what it counts, so that the list behind it agrees."""
        return {"value": value, "model": model, "domain": list(domain)}

    @staticmethod
    def name(record):
        """Return what a line is called that is about this record, perhaps an empty one."""
        # as everywhere in Odoo, what a record is called is no secret to those who may see the record that names it
        return {"id": record.id, "name": record.sudo().display_name or ""}

    @staticmethod
    def category(reason):
        """Return as what a loss counts that has this reason, perhaps an empty one."""
        return reason.sudo().category or "refusal"  # as above, it is no secret

    @staticmethod
    def sort(lines, name):
        """Return lines with the largest figures of this name first."""
        return sorted(lines, key=lambda line: (-line[name]["value"], line["name"]))


class FunnelDashboardFilterMixin(models.AbstractModel):
    """The filters of the dashboard: what people may choose, and what they have chosen."""

    _name = "funnel.dashboard.filter.mixin"
    _description = "Filters of the Dashboard"

    @api.model
    @api.readonly
    def get_options(self):
        """Return what the filters of the dashboard offer to this user.

        :returns: a dictionary with ``teams``, ``users`` and ``sources``, each a list of dictionaries with ``id`` and
            ``name``, the ``currency_id`` of the company, and the views in which leads are listed, as ``lead_views``
            and ``lead_search_view_id``; ``users`` is empty for those who see only their own leads
        :rtype: dict
        :raises AccessError: for users who may not read the log of moves
        """
        self.env["funnel.move"].check_access("read")
        teams = self.env["crm.team"].search([("funnel_kind", "!=", False)])
        users = self.env["res.users"]
        if self.env.user.has_group("sales_team.group_sale_salesman_all_leads"):
            users = users.search(users._get_salespeople_domain(), order="name")
        sources = self.env["utm.source"].search([], order="name")
        return {
            "teams": [{"id": team.id, "name": team.name} for team in teams],
            "users": [{"id": user.id, "name": user.name} for user in users],
            "sources": [{"id": source.id, "name": source.name} for source in sources],
            "currency_id": self.env.company.currency_id.id,
            "lead_views": [
                (self.env.ref("sales_funnel_addon.crm_lead_view_list_funnel").id, "list"),
                (self.env.ref("sales_funnel_addon.crm_lead_view_kanban_flat").id, "kanban"),
                *((False, kind) for kind in ("pivot", "graph", "form")),
            ],
            "lead_search_view_id": self.env.ref("sales_funnel_addon.crm_lead_view_search_funnel").id,
        }

    @api.model
    def _read_filters(self, filters):
        """Return filters as :class:`DashboardFilters`.

        :raises UserError: naming the filter that makes no sense
        """
        days = []
        for name, label in (("date_from", self.env._("First day")), ("date_to", self.env._("Last day"))):
            try:
                days.append(parse_day(filters.get(name)))
            except ValueError as error:
                raise UserError(
                    self.env._("Dashboard, %(filter)s: “%(value)s” is no day.", filter=label, value=str(error))
                ) from error
        first, last = days
        if first and last and first > last:
            raise UserError(self.env._("Dashboard: the period ends before it begins."))
        chosen = {name: filters.get(name) or False for name in ("team_id", "user_id", "source_id")}
        for name, value in chosen.items():
            if type(value) not in (int, bool) or value is True:
                raise UserError(self.env._("Dashboard, %(filter)s: “%(value)s” is no id.", filter=name, value=value))
        return DashboardFilters(self.env, first, last, chosen)
