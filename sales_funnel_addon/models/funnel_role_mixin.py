from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ..tools.checklists import OPEN_STATES
from ..tools.funnel_rules import Funnel
from ..tools.roles import LeadPeople

#: Where a lead of an ordinary team stands.
NO_FUNNEL = Funnel(False, "deal")


class FunnelRoleMixin(models.AbstractModel):
    """Who plays which role for a lead."""

    _name = "funnel.role.mixin"
    _description = "Roles of a Lead"

    def _get_role_people(self, role_ids):
        """Return who plays the roles for these leads.

        :param role_ids: ids of ``funnel.role``
        :returns: :class:`~sales_funnel_addon.tools.roles.RolePeople` by pairs of a lead id and a role id
        :rtype: dict
        """
        roles = self._get_roles(role_ids)
        if not roles:
            return {}
        leads = self.sudo()  # whoever asks, the people are the same
        asked = {lead.id: lead._get_lead_people() for lead in leads}
        salespeople = leads.user_id.filtered(lambda user: user.active and not user.share)
        rules = self.env["crm.team"]._get_funnel_rules()
        companies = {people.company_id for people in asked.values()}
        active_ids = {company: rules.active_user_ids(company).union(salespeople.ids) for company in companies}
        today = fields.Date.context_today(self)
        return {
            (lead_id, role.id): role.people(people, active_ids[people.company_id], today)
            for lead_id, people in asked.items()
            for role in roles
        }

    @api.model
    def _get_roles(self, role_ids):
        rules = self.env["crm.team"]._get_funnel_rules()
        return [rules.roles[role_id] for role_id in role_ids if role_id in rules.roles]

    def _get_lead_people(self):
        """Return where this lead stands and who is responsible for it."""
        funnel = self.env["crm.team"]._get_funnel_rules().funnels.get(self.team_id.id, NO_FUNNEL)
        return LeadPeople(funnel.id, self.company_id.id or funnel.company_id, self.user_id.id, funnel.head_id)

    # ------------------------------------------------------------
    # WHAT I MAY CHANGE
    # ------------------------------------------------------------

    @api.depends("team_id", "user_id")
    @api.depends_context("uid")
    def _compute_funnel_can_change(self):
        changeable = self._origin._filter_changeable()
        for lead in self:
            lead.funnel_can_change = lead._origin in changeable

    def _filter_changeable(self):
        """Return those of these leads, which the user may read, that the user may also write.

        Whoever may write whatever may be read, such as a salesperson without another role, need not be judged by each
        of a board's cards; for a single one that comparison would take longer.
        """
        if len(self) < 2:
            return self._filtered_access("write")
        domains = [
            self.env["ir.rule"]._compute_domain(self._name, operation).optimize_full(self)
            for operation in ("read", "write")
        ]
        same = self.env.su or (domains[0] == domains[1] and self.browse().has_access("write"))
        return self if same else self._filtered_access("write")

    # ------------------------------------------------------------
    # WHAT MY ROLES HAVE TO DO
    # ------------------------------------------------------------

    @api.depends_context("uid")
    @api.depends("funnel_task_ids.state")
    def _compute_funnel_has_role(self):
        # asked by the access rules of leads, so it must not ask them in turn
        waiting = set(self.env["funnel.task"].sudo().search(self._get_waiting_domain(self.ids)).lead_id._ids)
        if self._plays_role():
            leads = self.sudo().with_context(active_test=False)
            waiting |= set(leads.search(Domain("id", "in", self.ids) & self._get_reminded_domain())._ids)
        for lead in self:
            lead.funnel_has_role = lead.id in waiting

    def _search_funnel_has_role(self, operator, value):
        if operator != "in":
            return NotImplemented
        domain = self._get_reminded_domain() if self._plays_role() else Domain.FALSE
        waiting = self._get_waiting_domain()
        if not waiting.is_false():
            query = self.env["funnel.task"].sudo()._search(waiting)
            domain |= Domain("id", "in", query.subselect("lead_id"))
        return domain if True in value else ~domain

    @api.model
    def _plays_role(self):
        """Tell whether this user is the head of a funnel or assigned to any role."""
        rules = self.env["crm.team"]._get_funnel_rules()
        assigned = (role.user_ids for role in rules.roles.values() if role.source == "assigned")
        return self.env.uid in {funnel.head_id for funnel in rules.funnels.values()}.union(*assigned)

    @api.model
    def _get_reminded_domain(self):
        """Return the domain over the leads about which a reminder has come to this user, and that still wait.

        Whoever was told of a repeat client may look at the lead as long as it is open.
        """
        self.env["mail.activity"].flush_model(["res_id", "user_id", "active", "funnel_reminder_id"])
        return Domain.custom(
            to_sql=lambda model, alias, query: SQL(
                """%(lead)s IN (
                    SELECT res_id FROM mail_activity WHERE res_model = 'crm.lead' AND user_id = %(user)s
                       AND active AND funnel_reminder_id IS NOT NULL
                    UNION ALL
                    SELECT delivery.lead_id FROM funnel_delivery AS delivery
                      JOIN funnel_timer AS timer ON timer.id = delivery.timer_id AND timer.escalated
                     WHERE delivery.user_id = %(user)s
                    UNION ALL
                    SELECT told.lead_id FROM funnel_delivery AS told
                      JOIN crm_lead AS waiting ON waiting.id = told.lead_id AND waiting.won_status = 'pending'
                     WHERE told.user_id = %(user)s AND told.timer_id IS NULL)""",
                lead=SQL.identifier(alias, "id"),
                user=self.env.uid,
            )
        )

    @api.model
    def _get_waiting_domain(self, lead_ids=None):
        """Return the domain over the open tasks of this user's roles, perhaps only of some leads."""
        domain = self._get_role_domain() & Domain("state", "in", list(OPEN_STATES))
        return domain if lead_ids is None else domain & Domain("lead_id", "in", lead_ids)

    @api.model
    def _get_role_domain(self):
        """Return the domain over tasks of the roles to which this user is assigned, or for which they stand in.

        Who plays a role is never stored on the tasks, so that a new assignment, an absence or an archived user counts
        at once for all of them.
        """
        rules = self.env["crm.team"]._get_funnel_rules()
        template_ids = {}
        for template in rules.templates.values():
            role = rules.roles.get(template.role_id)
            if role and role.source == "assigned":
                template_ids.setdefault(role, []).append(template.id)
        heads = {funnel.head_id for funnel in rules.funnels.values()}
        if not template_ids or self.env.uid not in heads.union(*(role.user_ids for role in template_ids)):
            return Domain.FALSE  # the access rules of leads ask this in every search, and most people play no role
        today = fields.Date.context_today(self)
        domain = Domain.FALSE
        own_companies = self.env.user._get_company_ids()
        for funnel in rules.funnels.values():
            if funnel.company_id and funnel.company_id not in own_companies:
                continue  # a role that is played everywhere is played where its people may work
            for company_id in [funnel.company_id] if funnel.company_id else [False, *own_companies]:
                where = LeadPeople(funnel.id, company_id, head_id=funnel.head_id)
                mine = [
                    template_id
                    for role, ids in template_ids.items()
                    if self.env.uid in role.people(where, rules.active_user_ids(company_id), today).performers
                    for template_id in ids
                ]
                if mine:
                    place = Domain("team_id", "=", funnel.id)
                    if not funnel.company_id:
                        place &= Domain("company_id", "=", company_id)
                    # "any!": the lead itself may be closed to them, before and after their part in it
                    domain |= Domain("lead_id", "any!", place) & Domain("template_id", "in", mine)
        return domain
