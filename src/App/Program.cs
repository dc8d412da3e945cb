using Heartwood.App.Commands;
using Heartwood.App.Console;

return CommandLine.Run(args, Surroundings.OfThisProcess());
