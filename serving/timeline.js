// Buttons of a timeline move the player of the clip to the start of their window. `element` holds
// the answer, which is replaced with every clip.
const findPlayer = () => {
  const panel = element.closest('[role=tabpanel]') ?? document;
  const hosts = [...panel.querySelectorAll('#waveform > div')];
  return hosts.map((host) => host.shadowRoot?.querySelector('audio')).find(Boolean);
};

element.addEventListener('click', (event) => {
  const start = event.target.closest('[data-start]')?.dataset.start;
  const player = start === undefined ? undefined : findPlayer();
  if (player) player.currentTime = Number(start);
});

// One button can be reached by the tab key, the others from there by arrows.
element.addEventListener('keydown', (event) => {
  const button = event.target.closest('[data-start]');
  const buttons = button ? [...button.parentElement.children] : [];
  const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  const next = step && buttons[buttons.indexOf(button) + step];
  if (!next) return;
  event.preventDefault();
  button.tabIndex = -1;
  next.tabIndex = 0;
  next.focus();
});
