from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError


class FunnelCaseType(models.Model):
    """One kind of case, such as a defect of a material: a node of the tree by which funnels tell their cases apart."""

    _name = "funnel.case.type"
    _inherit = ["funnel.config.mixin", "funnel.offer.mixin"]
    _description = "Case Type"
    _parent_store = True
    _order = "tree_order, id"
    _rec_names_search = ["name", "complete_name"]

    name = fields.Char("Type of Case", required=True, translate=True)
    complete_name = fields.Char(
        "Case with Its Parents",
        compute="_compute_complete_name",
        search="_search_complete_name",
        recursive=True,
        help="The names from the top of the tree down to this type.",
    )
    parent_id = fields.Many2one("funnel.case.type", "Part Of", index=True, ondelete="restrict")
    parent_path = fields.Char(index=True)
    child_ids = fields.One2many("funnel.case.type", "parent_id", "Divided Into")
    tree_order = fields.Char(
        compute="_compute_tree_order",
        store=True,
        recursive=True,
        compute_sudo=True,
        index=True,
        help="Puts each type right below the one it is a part of, and those of one level into their own order.",
    )
    depth = fields.Integer(compute="_compute_depth", help="How many types stand above this one.")
    team_ids = fields.Many2many(
        relation="funnel_case_type_team_rel",
        help="The funnels that offer this type. Empty: those that offer the type above it, and at the top all of them.",
    )
    offering_team_ids = fields.Many2many(
        "crm.team",
        "funnel_case_type_offering_team_rel",
        string="Offered By",
        compute="_compute_offering_team_ids",
        store=True,
        recursive=True,
        compute_sudo=True,
        help="Empty: all funnels.",
    )

    @api.depends("name", "parent_id.complete_name")
    @api.depends_context("lang")
    def _compute_complete_name(self):
        for case_type in self:
            # the type above may belong to a company that the reader does not see
            above = case_type.parent_id.sudo().complete_name
            case_type.complete_name = f"{above} / {case_type.name}" if above else case_type.name

    @api.depends("sequence", "parent_id.tree_order")
    def _compute_tree_order(self):
        for case_type in self:
            own = f"{max(case_type.sequence, 0):06d}.{case_type._origin.id or 0:09d}"
            above = case_type.parent_id.tree_order
            case_type.tree_order = f"{above}/{own}" if above else own

    @api.depends("tree_order")
    def _compute_depth(self):
        for case_type in self:
            case_type.depth = (case_type.tree_order or "").count("/")

    @api.depends("complete_name")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for case_type in self:
            case_type.display_name = case_type.complete_name

    @api.depends("team_ids", "parent_id.offering_team_ids")
    def _compute_offering_team_ids(self):
        for case_type in self:
            case_type.offering_team_ids = case_type.team_ids or case_type.parent_id.offering_team_ids

    @api.model
    def _search_complete_name(self, operator, value):
        """Find types by the names from the top down, as they stand in a spreadsheet; there are few types."""
        if operator not in ("in", "ilike"):
            return NotImplemented
        if operator == "ilike":
            found = self.search([]).filtered(lambda item: str(value).casefold() in item.complete_name.casefold())
        else:
            found = self.search([]).filtered(lambda item: item.complete_name in value)
        return [("id", "in", found.ids)]

    @api.constrains("parent_id")
    def _check_parent_id(self):
        if self._has_cycle():
            raise ValidationError(self.env._("A case type cannot be a part of itself: %s.", self[0].name))

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        """A type that a case has is archived: deleting it would leave the case without."""
        Lead = self.env["crm.lead"].sudo().with_context(active_test=False)  # also cases that the admin may not see
        used = Lead.search([("funnel_case_type_id", "in", self.ids)], limit=1).funnel_case_type_id
        if used:
            raise UserError(
                self.env._("There are cases of the type “%s”. Archive it instead of deleting it.", used.display_name)
            )

    @api.model
    def _get_rule_fields(self):
        return ["active", "parent_id", "team_ids"]
