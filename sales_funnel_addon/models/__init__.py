# The mixins come first: a model can only inherit what is there already.
from . import (
    funnel_config_mixin,
    funnel_follows_lead_mixin,
    funnel_gate_mixin,
    funnel_judge_mixin,
    funnel_loss_mixin,
    funnel_menu_mixin,
    funnel_move_mixin,
    funnel_view_mixin,
    funnel_words_mixin,
    utm_label_mixin,
)

# isort: split
from . import (
    crm_lead,
    crm_lost_reason,
    crm_stage,
    crm_team,
    funnel_move,
    funnel_preset,
    funnel_requirement,
    ir_module,
    ir_ui_menu,
    res_company,
    res_config_settings,
    res_partner,
)
