/**
 * Where everything on the process map stands. Pure geometry: the same data and width always give the same picture, and
 * nothing here touches the page.
 *
 * Each funnel is a lane with its stages from left to right. Ways to the next stage are straight arrows, ways that skip
 * stages run above them, ways back below; the longer a way, the farther out it runs, so that lines cross little.
 */

// these four are the same in the style sheet
const BOX_PADDING = 10;
const LINE_HEIGHT = 20;
const BADGE_HEIGHT = 26;
const BADGE_WIDTH = 36;
/** The borders of a box, and what a browser may measure differently from what it draws. */
const SLACK = 6;
const BOX_MIN = 98;
const BOX_MAX = 190;
/** Between two stages: with icons on an arrow, with an arrow, with nothing. */
const GAPS = { marked: 44, arrow: 32, none: 12 };
const HEADER = 40;
const LANE_PADDING = 16;
const MARGIN = 16;
const TRACK = 12;
const LEVEL = 28;
const GUTTER = 26;
const CORNER = 8;
const ICON = 18;
const ARROW = 7;

/** How wide a text is when nobody can measure it. */
const estimateWidth = (text) => 8 * text.length;

/**
 * @typedef {{x: number, y: number, width: number, height: number}} Box
 * @typedef {{path: string, head: string, from: number, to: number, kind: "road"|"way"|"crossing", ways: Object[],
 *      mark?: Box}} Arrow `mark` is where the icons of the ways stand
 */

/**
 * Lay out the process map.
 *
 * @param {{funnels: Object[], crossings: Object[]}} data what `crm.team.funnel_get_map` returns
 * @param {number} available the width of the screen, in pixels; a map that needs more is wider
 * @param {(text: string) => number} [textWidth] measures a text in the font of the names of the stages
 * @returns {{width: number, height: number, lanes: Object[], crossings: Object[]}} each lane is a box with the `funnel`,
 *      its `boxes` (with their `stage`) and its `arrows`; each crossing an arrow with its `label` box
 */
export function layoutMap(data, available, textWidth = estimateWidth) {
    const shown = new Set(data.funnels.map((funnel) => funnel.id));
    const crossings = data.crossings.filter(
        (crossing) => shown.has(crossing.from_funnel_id) && shown.has(crossing.to_funnel_id)
    );
    const margin = MARGIN + TRACK * crossings.length;
    const lanes = [];
    let y = MARGIN;
    for (const funnel of data.funnels) {
        const lane = layoutLane(funnel, margin, y, available - 2 * margin, textWidth);
        const leaving = crossings.filter((crossing) => crossing.from_funnel_id === funnel.id).length;
        lanes.push(lane);
        y += lane.height + MARGIN + GUTTER * leaving;
    }
    const width = Math.max(0, ...lanes.map((lane) => lane.width));
    for (const lane of lanes) {
        lane.width = width;
    }
    return { width: width + 2 * margin, height: y, lanes, crossings: layoutCrossings(crossings, lanes) };
}

// ------------------------------------------------------------
// LANES
// ------------------------------------------------------------

/** Lay out one funnel with its upper left corner at `x` and `y`. */
function layoutLane(funnel, x, y, available, textWidth) {
    const { stages } = funnel;
    const arrows = [...getRoad(funnel), ...getWays(funnel)];
    assignLevels(arrows);
    const levels = (side) => Math.max(0, ...arrows.filter((arrow) => arrow.side === side).map((arrow) => arrow.level));
    const gap = getGap(arrows.filter((arrow) => !arrow.side));
    const inner = available - 2 * LANE_PADDING - gap * (stages.length - 1);
    const longest = Math.max(0, ...stages.flatMap((stage) => stage.name.split(/\s+/)).map(textWidth));
    const needed = Math.min(BOX_MAX, Math.max(BOX_MIN, Math.ceil(longest) + 2 * BOX_PADDING + SLACK));
    const boxWidth = Math.floor(Math.min(BOX_MAX, Math.max(needed, inner / Math.max(1, stages.length))));
    const boxHeight = Math.max(64, ...stages.map((stage) => getBoxHeight(stage, boxWidth, textWidth)));
    const top = y + HEADER + LANE_PADDING / 2 + levels("above") * LEVEL;
    const boxes = stages.map((stage, index) => ({
        stage,
        x: x + LANE_PADDING + index * (boxWidth + gap),
        y: top,
        width: boxWidth,
        height: boxHeight,
    }));
    for (const arrow of arrows) {
        Object.assign(arrow, arrow.side ? drawArc(arrow, arrows, boxes) : drawStraight(arrow, boxes));
    }
    return {
        funnel,
        boxes,
        arrows,
        x,
        y,
        width: Math.max(available, 2 * LANE_PADDING + stages.length * (boxWidth + gap) - gap),
        height: top - y + boxHeight + levels("below") * LEVEL + LANE_PADDING,
    };
}

/** Return how far apart the stages of a lane stand, given its straight arrows. */
function getGap(arrows) {
    if (arrows.some((arrow) => countIcons(arrow.ways))) {
        return GAPS.marked;
    }
    return arrows.length ? GAPS.arrow : GAPS.none;
}

function getBoxHeight(stage, boxWidth, textWidth) {
    const inner = boxWidth - 2 * BOX_PADDING - SLACK;
    const badges = getBadgeKinds(stage).length;
    const perRow = Math.max(1, Math.floor(inner / BADGE_WIDTH));
    const lines = countLines(stage.name, inner, textWidth);
    return 2 * BOX_PADDING + lines * LINE_HEIGHT + Math.ceil(badges / perRow) * BADGE_HEIGHT;
}

/** Return which badges a stage wears, in their order. */
export function getBadgeKinds(stage) {
    return ["is_won", "is_irreversible", "is_side_stage", "enter", "leave", "keep", "tasks", "approvals", "reminders"].filter((name) =>
        Array.isArray(stage[name]) ? stage[name].length : stage[name]
    );
}

/** Count the lines of a text that breaks between words, and within those that are longer than a line. */
export function countLines(text, width, textWidth = estimateWidth) {
    let lines = 1;
    let filled = 0;
    for (const word of text.split(/\s+/)) {
        const length = textWidth(word);
        const needed = filled ? filled + textWidth(" ") + length : length;
        if (needed <= width) {
            filled = needed;
        } else {
            lines += (filled ? 1 : 0) + Math.max(0, Math.ceil(length / width) - 1);
            filled = length > width ? length % width : length;
        }
    }
    return lines;
}

// ------------------------------------------------------------
// ARROWS WITHIN A LANE
// ------------------------------------------------------------

/**
 * Return the main road: from each free stage to the next that is not beside it. Won is an end, and in deferred demand
 * the month decides.
 */
function getRoad({ kind, stages }) {
    if (kind === "deferred") {
        return [];
    }
    const road = stages.map((stage, index) => ({ stage, index })).filter(({ stage }) => !stage.is_side_stage);
    return road.slice(0, -1).flatMap(({ stage, index: low }, position) => {
        const { stage: next, index: high } = road[position + 1];
        const side = high > low + 1 ? "above" : undefined;
        return stage.is_free && !stage.is_won
            ? [{ kind: "road", from: stage.id, to: next.id, low, high, side, ways: [] }]
            : [];
    });
}

/** Return one arrow for each pair of stages that transitions connect. */
function getWays({ stages, transitions }) {
    const positions = new Map(stages.map((stage, index) => [stage.id, index]));
    const arrows = new Map();
    for (const way of transitions) {
        const key = `${way.from_stage_id}-${way.to_stage_id}`;
        const from = positions.get(way.from_stage_id);
        const to = positions.get(way.to_stage_id);
        if (!arrows.has(key)) {
            arrows.set(key, {
                kind: "way",
                from: way.from_stage_id,
                to: way.to_stage_id,
                low: Math.min(from, to),
                high: Math.max(from, to),
                side: to < from ? "below" : to > from + 1 ? "above" : undefined,
                ways: [],
            });
        }
        arrows.get(key).ways.push(way);
    }
    return [...arrows.values()];
}

/** Stack the arcs: each runs outside the shorter ones that it spans, as near to the stages as others leave room. */
function assignLevels(arrows) {
    const placed = [];
    const arcs = arrows.filter((arrow) => arrow.side);
    for (const arc of arcs.sort((a, b) => a.high - a.low - (b.high - b.low) || a.low - b.low)) {
        const near = placed.filter((other) => other.side === arc.side && other.low < arc.high && arc.low < other.high);
        const inside = near.filter((other) => arc.low <= other.low && other.high <= arc.high);
        const taken = new Set(near.map((other) => other.level));
        arc.level = 1 + Math.max(0, ...inside.map((other) => other.level));
        while (taken.has(arc.level)) {
            arc.level++;
        }
        placed.push(arc);
    }
}

function drawStraight(arrow, boxes) {
    const [origin, target] = [boxes[arrow.low], boxes[arrow.high]];
    const y = origin.y + origin.height / 2;
    const icons = countIcons(arrow.ways);
    const height = icons * ICON + 4;
    return {
        path: `M ${origin.x + origin.width} ${y} H ${target.x - ARROW}`,
        head: drawHead(target.x, y, 1, 0),
        mark: icons && { x: (origin.x + origin.width + target.x - ARROW) / 2 - 11, y: y - height - 5, width: 22, height },
    };
}

function drawArc(arc, arrows, boxes) {
    const above = arc.side === "above";
    const { y, height } = boxes[0];
    const edge = above ? y : y + height;
    const out = above ? -1 : 1;
    const level = edge + out * (arc.level * LEVEL - 4);
    const low = getPort(arc, arc.low, arrows, boxes);
    const high = getPort(arc, arc.high, arrows, boxes);
    const [start, end] = above ? [low, high] : [high, low];
    const turn = Math.sign(end - start) * CORNER;
    const icons = countIcons(arc.ways);
    const width = icons * ICON + 6;
    return {
        path: [
            `M ${start} ${edge} V ${level - out * CORNER}`,
            `Q ${start} ${level} ${start + turn} ${level} H ${end - turn}`,
            `Q ${end} ${level} ${end} ${level - out * CORNER} V ${edge + out * ARROW}`,
        ].join(" "),
        head: drawHead(end, edge, 0, -out),
        mark: icons && { x: (low + high) / 2 - width / 2, y: level - 11, width, height: 22 },
    };
}

/**
 * Return where an arc meets a box. Arcs to the left have the left half of the box, arcs to the right the right half;
 * the longer an arc, the nearer it stands to the middle, and so it crosses none of the shorter ones.
 */
function getPort(arc, position, arrows, boxes) {
    const here = arrows.filter((arrow) => arrow.side === arc.side && [arrow.low, arrow.high].includes(position));
    const leftwards = here.filter((arrow) => arrow.high === position).sort((a, b) => a.level - b.level);
    const rightwards = here.filter((arrow) => arrow.low === position).sort((a, b) => b.level - a.level);
    const ports = [...leftwards, ...rightwards];
    const box = boxes[position];
    return Math.round(box.x + (box.width * (ports.indexOf(arc) + 1)) / (ports.length + 1));
}

/** Return the triangle with its tip at `x` and `y` that points to (`dx`, `dy`). */
function drawHead(x, y, dx, dy) {
    const [backX, backY] = [x - dx * ARROW, y - dy * ARROW];
    const [sideX, sideY] = [(dy * ARROW) / 1.6, (dx * ARROW) / 1.6];
    return `M ${x} ${y} L ${backX + sideX} ${backY + sideY} L ${backX - sideX} ${backY - sideY} Z`;
}

/** Return the icons that transitions between two stages wear: what some who take the way have to heed. */
export function getWayIcons(ways) {
    return [
        ways.some((way) => way.is_conditional) && "condition",
        ways.some((way) => way.roles.length) && "role",
        ways.some((way) => way.reason_required) && "reason",
    ].filter(Boolean);
}

const countIcons = (ways) => getWayIcons(ways).length;

// ------------------------------------------------------------
// CROSSINGS BETWEEN LANES
// ------------------------------------------------------------

/** Draw each crossing from the end of its lane through the gutter below and the left margin to the other lane's start. */
function layoutCrossings(crossings, lanes) {
    const used = new Map();
    return crossings.map((crossing, index) => {
        const origin = lanes.find((lane) => lane.funnel.id === crossing.from_funnel_id);
        const target = lanes.find((lane) => lane.funnel.id === crossing.to_funnel_id);
        const track = used.get(origin) || 0;
        used.set(origin, track + 1);
        const last = origin.boxes.at(-1) || { x: origin.x, y: origin.y, width: LANE_PADDING, height: HEADER };
        const first = target.boxes[0] || { x: target.x, y: target.y, width: 0, height: HEADER };
        const startY = last.y + last.height / 2 + track * TRACK;
        const endY = first.y + first.height / 2;
        const right = Math.min(last.x + last.width + 10 + track * 4, origin.x + origin.width - 2);
        const gutter = origin.y + origin.height + MARGIN / 2 + GUTTER * (track + 0.5);
        const left = MARGIN / 2 + TRACK * index;
        const sense = Math.sign(endY - gutter);
        return {
            kind: "crossing",
            crossing,
            from: last.stage?.id,
            to: first.stage?.id,
            ways: [],
            path: [
                `M ${last.x + last.width} ${startY} H ${right - 4}`,
                `Q ${right} ${startY} ${right} ${startY + 4} V ${gutter - CORNER}`,
                `Q ${right} ${gutter} ${right - CORNER} ${gutter} H ${left + CORNER}`,
                `Q ${left} ${gutter} ${left} ${gutter + sense * CORNER} V ${endY - sense * CORNER}`,
                `Q ${left} ${endY} ${left + CORNER} ${endY} H ${first.x - ARROW}`,
            ].join(" "),
            head: drawHead(first.x, endY, 1, 0),
            label: { x: origin.x + LANE_PADDING, y: gutter - 11, height: 22 },
        };
    });
}
