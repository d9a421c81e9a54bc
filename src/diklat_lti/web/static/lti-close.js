// "Selesai, tutup": the LMS closes the frame that it opened for the registration. Hidden where scripts are off.
for (const button of document.querySelectorAll("[data-lti-close]")) {
  button.hidden = false;
  button.addEventListener("click", () => {
    (window.opener || window.parent).postMessage({ subject: "org.imsglobal.lti.close" }, "*");
  });
}
