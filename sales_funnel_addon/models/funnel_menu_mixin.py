from odoo import models

from ..tools.funnel_rules import lead_type_of


class FunnelMenuMixin(models.AbstractModel):
    """The screen and the menu entry of a funnel: made with it, named like it, gone with it."""

    _name = "funnel.menu.mixin"
    _description = "Menu Entry of a Funnel"

    def action_open_funnel(self):
        """Open the screen of this funnel."""
        self.ensure_one()
        return self.funnel_action_id._get_action_dict()

    def _sync_funnel_menus(self):
        """Give every funnel of the batch its screen and its menu entry, with its name in every language."""
        # Menus belong to administrators; a head of sales who adds a funnel gets the entry along with it.
        teams = self.sudo().filtered(lambda team: team.funnel_kind or team.funnel_menu_id)
        incomplete = teams.filtered(lambda team: not team.funnel_menu_id)
        if incomplete:
            incomplete._create_funnel_menus()
        for team in teams:
            names = team._fields["name"]._get_stored_translations(team) or {"en_US": team.name}
            for record in (team.funnel_action_id, team.funnel_menu_id):
                record.update_field_translations("name", names)
                record.with_context(lang=None).name = names.get("en_US") or team.name
            team.funnel_action_id.write(team._prepare_funnel_action())
            team.funnel_menu_id.write({"sequence": team.sequence, "active": team.active and bool(team.funnel_kind)})
        # actions take no commands from sudo, so their views are written by themselves
        teams.funnel_action_id.view_ids.unlink()
        self.env["ir.actions.act_window.view"].sudo().create(
            [values for team in teams for values in team._prepare_funnel_action_views()]
        )

    def _create_funnel_menus(self):
        parent = self.env.ref("sales_funnel_addon.menu_funnel_root")
        actions = self.env["ir.actions.act_window"].create(
            [dict(team._prepare_funnel_action(), name=team.name) for team in self]
        )
        menus = self.env["ir.ui.menu"].create(
            [
                {"name": team.name, "parent_id": parent.id, "action": f"ir.actions.act_window,{action.id}"}
                for team, action in zip(self, actions, strict=True)
            ]
        )
        for team, action, menu in zip(self, actions, menus, strict=True):
            team.funnel_action_id, team.funnel_menu_id = action, menu
        # With an id of this module they go when it is uninstalled; noupdate keeps them when it is upgraded.
        self.env["ir.model.data"]._update_xmlids(
            [
                {"xml_id": f"sales_funnel_addon.{prefix}_{team.id}", "record": record, "noupdate": True}
                for team in self
                for prefix, record in (("funnel_action", team.funnel_action_id), ("funnel_menu", team.funnel_menu_id))
            ]
        )

    def _prepare_funnel_action(self):
        self.ensure_one()
        context = {
            "default_team_id": self.id,
            "default_medium_id": self.manual_medium_id.id,
            "default_type": lead_type_of(self.funnel_kind),
            "default_team_ids": [self.id],  # of a stage that is added on the board
            "funnel_id": self.id,
        }
        if self.funnel_kind == "lead":
            # thousands of leads of a cold list that are nobody's yet would bury those to work with
            context["search_default_funnel_handed_out"] = 1
        return {
            "res_model": "crm.lead",
            "view_mode": ",".join(mode for mode, _xml_id in self._get_funnel_views()),
            "search_view_id": self.env.ref("sales_funnel_addon.crm_lead_view_search_funnel").id,
            "domain": str([("team_id", "=", self.id), ("won_status", "=", "pending")]),
            "context": str(context),
            "path": False,
        }

    def _prepare_funnel_action_views(self):
        return [
            {
                "act_window_id": self.funnel_action_id.id,
                "sequence": sequence,
                "view_mode": mode,
                "view_id": self.env.ref(xml_id).id,
            }
            for sequence, (mode, xml_id) in enumerate(self._get_funnel_views())
        ]

    def _get_funnel_views(self):
        """Return the views of a funnel's screen: pairs of a mode and the XML id of a view."""
        kind = {"lead": "funnel_lead", "deferred": "funnel_deferred"}.get(self.funnel_kind, "funnel")
        return [
            ("kanban", f"sales_funnel_addon.crm_lead_view_kanban_{kind}"),
            ("list", f"sales_funnel_addon.crm_lead_view_list_{kind}"),
            ("form", "crm.crm_lead_view_form"),
            ("calendar", "crm.crm_case_calendar_view_leads"),
            ("pivot", "crm.crm_lead_view_pivot"),
            ("graph", "crm.crm_lead_view_graph"),
            ("activity", "crm.crm_lead_view_activity"),
        ]
