from lxml import etree
from odoo import api, models
from odoo.tools.view_validation import get_expression_field_names

from .funnel_section_line import UNSHOWABLE_TYPES


class FunnelViewMixin(models.AbstractModel):
    """Forms of leads that follow the configuration: required marks by stage, hidden fields by funnel.

    The standard modifiers of the views do the work, so they hold for every form of every module. The views are
    cached; the cache is renewed whenever the rules change.
    """

    _name = "funnel.view.mixin"
    _inherit = ["funnel.section.view.mixin"]
    _description = "Forms that Follow the Funnel"

    @api.model
    def _get_view(self, view_id=None, view_type="form", **options):
        arch, view = super()._get_view(view_id, view_type, **options)
        if view_type == "form":
            self._add_sections_to_form(arch)
            self._apply_rules_to_form(arch)
        elif view_type == "kanban":
            # by this the board knows which cards it may move without asking
            self._add_fields_of_expression(arch, "funnel_kind")
        return arch, view

    @api.model
    def _apply_rules_to_form(self, arch):
        required, asked, hidden = self._get_form_modifiers()
        self._hide_emptied_groups(arch, hidden)
        self._add_asked_fields(arch, required)
        for node in arch.xpath("//field[@name and not(ancestor::field)] | //label[@for and not(ancestor::field)]"):
            name = node.get("name") if node.tag == "field" else self._get_labelled_field(arch, node)
            if node.tag == "field":
                self._add_modifier(node, "required", required.get(name))
                marks = " or ".join(f"({marks[name]})" for marks in (required, asked) if name in marks)
                if marks:
                    node.set("funnel_asked", marks)
                    self._add_fields_of_expression(arch, marks)
            self._add_modifier(node, "invisible", hidden.get(name))
        self._hide_emptied_boxes(arch, hidden)

    @api.model
    def _add_asked_fields(self, arch, required):
        """Let the quick form of a board take what a stage asks for: without it nothing could be added there."""
        for box in arch.xpath("//div[@name='funnel_asked']"):
            for name, expression in required.items():
                field = self._fields.get(name)
                present = arch.xpath("//field[@name=$name and not(ancestor::field)]", name=name)
                if present or not field or field.type in UNSHOWABLE_TYPES:
                    continue
                attributes = {
                    **self._get_section_attributes(arch, field),
                    "name": name,
                    "nolabel": "1",
                    "placeholder": field._description_string(self.env),
                    "class": "o_field_highlight w-100 mb-0",
                }
                row = etree.SubElement(box, "div", attrib={"class": "d-flex align-items-center gap-2 mt-2"})
                row.set("invisible", f"not ({expression})")
                icon = {"class": "fa fa-fw fa-asterisk", "title": attributes["placeholder"]}
                etree.SubElement(row, "i", attrib=icon)
                etree.SubElement(row, "field", attrib=attributes)
                if field.type == "monetary":
                    self._add_hidden_field(arch, field.get_currency_field(self))

    @api.model
    def _add_fields_of_expression(self, arch, expression):
        """Add what an expression speaks of; Odoo does that for its own modifiers only."""
        for name in sorted(get_expression_field_names(expression)):
            self._add_hidden_field(arch, name)

    @api.model
    def _hide_emptied_boxes(self, arch, hidden):
        """Hide what stands around hidden fields, such as units and icons, when nothing else is in the box with them."""
        for box in arch.xpath("//*[self::div or self::h2][.//field and not(ancestor::field)]"):
            shown = [node for node in box.iter("field") if node.get("invisible") not in ("1", "True")]
            expressions = [hidden.get(node.get("name")) for node in shown]
            if expressions and all(expressions):
                # in a stage that demands one of the fields, that one is seen
                joined = " and ".join(f"({expression})" for expression in dict.fromkeys(expressions))
                self._add_modifier(box, "invisible", joined)

    @api.model
    def _hide_emptied_groups(self, arch, hidden):
        """Hide the headings of groups of which everything is hidden, by the funnel or by a condition of its own."""
        for group in arch.xpath("//group[@string and field and not(ancestor::field)]"):
            shown = [node for node in group.iterchildren("*") if node.get("invisible") not in ("1", "True")]
            reasons = [[node.get("invisible"), hidden.get(node.get("name"))] for node in shown]
            # what is above the pages of a funnel may also stand in a section
            may_be_empty = group.getparent().get("name") == "funnel" or any(why for _own, why in reasons)
            if may_be_empty and all(any(why) for why in reasons):
                texts = dict.fromkeys(" or ".join(f"({text})" for text in why if text) for why in reasons)
                self._add_modifier(group, "invisible", " and ".join(f"({text})" for text in texts))

    @api.model
    def _get_labelled_field(self, arch, label):
        """Return the name of the field a label is for; a label may point at the id of the field's node."""
        target = label.get("for")
        nodes = arch.xpath("//field[@id=$target]", target=target)
        return nodes[0].get("name") if nodes else target

    @api.model
    def _add_modifier(self, node, attribute, expression):
        if not expression:
            return
        present = node.get(attribute)
        if present in ("1", "True", "true"):
            return
        node.set(attribute, expression if present in (None, "0", "False") else f"({present}) or ({expression})")

    @api.model
    def _get_form_modifiers(self):
        """Return expressions for the web client by field name: required, asked for before moving on, hidden."""
        rules = self.env["crm.team"]._get_funnel_rules()
        required, asked, demanding = {}, {}, {}
        for stage in rules.stages.values():
            for requirement in stage.requirements:
                if requirement.kind != "fields" or requirement.applies_to != "[]" or requirement.moment == "keep":
                    continue  # whom it applies to and what was entered is known only to the server
                marks = required if requirement.moment == "enter" else asked
                for name in requirement.field_names:
                    marks.setdefault(name, {}).setdefault(self._get_alternatives(requirement, name), []).append(
                        stage.id
                    )
                    demanding.setdefault(name, []).append(stage.id)
        hidden = {}
        for funnel in rules.funnels.values():
            for name in funnel.hidden_fields:
                hidden.setdefault(name, []).append(funnel.id)
        return (
            {name: self._join_expressions(groups) for name, groups in required.items()},
            {name: self._join_expressions(groups) for name, groups in asked.items()},
            {
                name: f"team_id in {team_ids} and stage_id not in {demanding.get(name, [])}"
                for name, team_ids in hidden.items()
            },
        )

    @api.model
    def _get_alternatives(self, requirement, name):
        """Return the fields of which one is enough instead of ``name``."""
        return tuple(other for other in requirement.field_names if other != name) if requirement.any_field else ()

    @api.model
    def _join_expressions(self, groups):
        """Return an expression that is true in the stages of any group whose alternatives are all empty."""
        return " or ".join(
            " and ".join([f"stage_id in {stage_ids}", *(f"not {other}" for other in others)])
            for others, stage_ids in groups.items()
        )
