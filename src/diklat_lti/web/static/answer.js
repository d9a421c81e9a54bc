// The deep-linking answer sends itself; without scripts its button does.
document.getElementById("answer").submit();
