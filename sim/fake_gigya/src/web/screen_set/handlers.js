// Events of a screen-set, for the handlers of its caller.

const EVENTS = ['onError', 'onBeforeValidation', 'onAfterValidation', 'onBeforeSubmit', 'onSubmit', 'onAfterSubmit', 'onBeforeScreenLoad', 'onAfterScreenLoad', 'onFieldChanged', 'onHide', 'onLoad'];

/** What tells two entries of the same event apart in the page's journal. */
function suffixOf(name, fields) {
  switch (name) {
    case 'onAfterSubmit': return ` ${fields.response.errorCode}`;
    case 'onError': return ` ${fields.errorCode}`;
    case 'onHide': return ` ${fields.reason}`;
    case 'onBeforeScreenLoad': return ` ${fields.nextScreen}`;
    case 'onAfterScreenLoad': return ` ${fields.currentScreen}`;
    case 'onFieldChanged': return ` ${fields.field}`;
    default: return '';
  }
}

/** Tells an event to the caller's handlers, or else to the screen-set's own; gives what they return. */
function fireEvent({ params, id, templateId, hosted }, name, fields) {
  const event = { eventName: name[2].toLowerCase() + name.slice(3), source: 'showScreenSet', screenSetID: templateId, instanceID: id, ...fields };
  if (params.containerID) event.sourceContainerID = params.containerID;
  if (params.context !== undefined) event.context = params.context;
  sdk.note(`${name}${suffixOf(name, fields)}`, event);
  const own = sdk.asList(params[name]);
  const runs = own.length > 0 ? own : (hosted[name] ?? []);
  return runs.map((run) => sdk.guarded(run, event)).filter((result) => result !== undefined);
}

