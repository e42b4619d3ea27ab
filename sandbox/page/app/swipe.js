/** A message swiped to the left is answered, as on a phone; a mouse double-clicks instead. */

const BEGINS = 12; // pixels; less is a tap that trembled
const ENOUGH = 52;
const FARTHEST = 76;

/**
 * @param {HTMLElement} list holds elements of the class "message"
 * @param {(element: HTMLElement) => void} answer
 */
export function swipe(list, answer) {
  let held = null;

  const letGo = (event) => {
    if (!held || event.pointerId !== held.pointer) return;
    const { element, shift } = held;
    held = null;
    element.style.removeProperty("translate");
    element.classList.remove("swiped", "enough");
    if (event.type === "pointerup" && shift >= ENOUGH) answer(element);
  };

  list.addEventListener("pointerdown", (event) => {
    const element = event.target.closest(".message");
    if (event.pointerType === "mouse" || held || !element) return;
    held = { element, pointer: event.pointerId, x: event.clientX, y: event.clientY, shift: 0 };
  });
  list.addEventListener("pointermove", (event) => {
    if (!held || event.pointerId !== held.pointer) return;
    const left = held.x - event.clientX - BEGINS;
    const moving = held.element.classList.contains("swiped");
    if (!moving && Math.abs(event.clientY - held.y) > BEGINS) held = null;
    if (!held || (!moving && left <= 0)) return;
    if (!moving) list.setPointerCapture(event.pointerId);
    held.shift = Math.min(Math.max(left, 0), FARTHEST);
    held.element.classList.add("swiped");
    held.element.classList.toggle("enough", held.shift >= ENOUGH);
    held.element.style.setProperty("translate", `${-held.shift}px`);
  });
  list.addEventListener("pointerup", letGo);
  list.addEventListener("pointercancel", letGo);
}
